// What makes pages nicer where there is JavaScript; all of them are complete without it.
// Words come from data attributes of the page and are put in place with textContent.
"use strict";
(() => {
  const language = document.documentElement.lang;
  const said = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const number = (value, decimals = 0) => value.toLocaleString(language, { maximumFractionDigits: decimals });

  // ---- letters: a photograph is shown, and made smaller before it goes over a slow line ----
  const LONGEST_PX = 2400;
  const QUALITIES = [0.85, 0.7, 0.55];

  const drawn = (image, longest) => {
    const scale = Math.min(1, longest / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(image.width * scale), Math.round(image.height * scale)];
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#ffffff"; // what is transparent in a PNG would become black
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas;
  };

  const smaller = async (image, most) => {
    for (let longest = LONGEST_PX; longest > 600; longest /= 1.5) {
      const canvas = drawn(image, longest);
      for (const quality of QUALITIES) {
        const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
        if (blob && blob.size <= most) return blob;
      }
    }
    return null;
  };

  const showFile = async (input, preview) => {
    const told = preview.querySelector("[role=status]");
    preview.querySelector("canvas")?.remove();
    told.textContent = "";
    input.setCustomValidity("");
    const most = Number(input.dataset.shrink);
    const chosen = input.files[0];
    if (!chosen) return;
    let file = chosen;
    let words = preview.dataset.chosen;
    const image = chosen.type.startsWith("image/") ? await createImageBitmap(chosen).catch(() => null) : null;
    if (input.files[0] !== chosen) return; // another one has been chosen meanwhile
    if (image) {
      const canvas = drawn(image, 640);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", preview.dataset.image);
      preview.prepend(canvas);
      if (chosen.size > most) {
        const blob = await smaller(image, most);
        if (input.files[0] !== chosen) return;
        if (blob) {
          file = new File([blob], `${chosen.name.replace(/\.\w+$/, "")}.jpg`, { type: "image/jpeg" });
          const list = new DataTransfer();
          list.items.add(file);
          input.files = list.files;
          words = preview.dataset.smaller;
        }
      }
      image.close();
    }
    if (file.size > most) words = preview.dataset.large;
    told.textContent = said(words, { name: chosen.name, size: number(file.size / 1e6, 1) });
    if (file.size > most) input.setCustomValidity(told.textContent);
  };

  document.querySelectorAll("input[type=file][data-shrink]").forEach((input) => {
    const preview = document.querySelector(`[data-preview="${CSS.escape(input.name)}"]`);
    if (preview) input.addEventListener("change", () => showFile(input, preview));
  });

  // ---- characters left ----
  document.querySelectorAll("[data-counter]").forEach((counter) => {
    const area = document.getElementById(counter.dataset.counter);
    const count = () => {
      counter.textContent = said(counter.dataset.words, { count: number(area.maxLength - area.value.length) });
    };
    area.addEventListener("input", count);
    count();
  });

  // ---- messages, menus, forms ----
  document.querySelectorAll("[data-toast]").forEach((toast) => {
    const button = toast.querySelector("[data-close]");
    button.hidden = false;
    button.addEventListener("click", () => toast.remove());
  });
  document.querySelector("[data-focus]")?.focus();

  // Texts to pass on: into the clipboard by one tap, where the browser lets us.
  document.querySelectorAll("[data-copy]").forEach((button) => {
    const source = document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.value ?? source.innerText);
      button.textContent = button.dataset.copied;
    });
  });

  const closeMenus = (except) =>
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(except)) menu.open = false;
    });
  document.addEventListener("click", (event) => closeMenus(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement?.closest("details.menu[open]");
    closeMenus(null);
    menu?.querySelector("summary").focus();
    document.querySelector("[data-toast]")?.remove();
  });

  // On a slow line a button is pressed twice; the second press does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.getAttribute("aria-busy")) event.preventDefault();
    else form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy"));
  });

  // ---- line gone and back ----
  const offline = document.querySelector("[data-offline]");
  const showLine = () => {
    if (offline) offline.hidden = navigator.onLine;
  };
  window.addEventListener("online", showLine);
  window.addEventListener("offline", showLine);
  showLine();

  // ---- live progress: `data-live` names a stream of events; each holds an object of texts by field. The event `end`
  // closes the stream and loads the page again, which then shows the result. ----
  document.querySelectorAll("[data-live]").forEach((part) => {
    const source = new EventSource(part.dataset.live);
    source.addEventListener("message", (event) => {
      for (const [name, text] of Object.entries(JSON.parse(event.data))) {
        part.querySelectorAll(`[data-field="${CSS.escape(name)}"]`).forEach((field) => {
          field.textContent = text;
        });
      }
    });
    source.addEventListener("end", () => {
      source.close();
      window.location.reload();
    });
  });
})();
