// Draws a plan on the map that Folium has made. All words come from the page's data block and are put in place with
// textContent, so a name is shown as it is written, whatever is in it.
"use strict";
(() => {
  const drawing = JSON.parse(document.getElementById("drawing").textContent);
  const map = window.map_moling;
  // Centres of two marks come no nearer: a mark is 28 px wide, and with all days shown its day stands below it.
  const MARK_GAP_PX = { all: 42, one: 34 };
  const PUSHES = 120;
  const NAMES_FROM_ZOOM = 13;
  const MOVED_PX = 7; // a mark moved by more gets a line to its true place
  const MARGIN_PX = 24; // around what the first view shows
  const MARK_REACH_PX = 46; // how far a mark's edge may lie from its true place, once it has been moved
  const NAME_SHIFTS_PX = [0, -34, 38]; // an area's name stands in its middle, else above or below a mark there

  // All casings lie below all legs, so that no leg hides another where they cross. They lie above the areas (400), and
  // so do the lines from a moved mark to its true place; all lie below the marks (600).
  map.createPane("casings").style.zIndex = 410;
  map.createPane("legs").style.zIndex = 420;
  map.createPane("leaders").style.zIndex = 430;
  const leaders = L.layerGroup().addTo(map);

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const popup = (lines) => {
    const box = element("div", "lines");
    lines.forEach((line, place) => box.append(element(place ? "p" : "h3", "", line)));
    return box;
  };

  // A popup keeps clear of the buttons at the right edge, on a narrow screen too.
  const popupOptions = () => ({
    maxWidth: Math.min(280, map.getSize().x - 110),
    autoPanPaddingTopLeft: [8, 8],
    autoPanPaddingBottomRight: [64, 8],
  });

  const latLng = ([lon, lat]) => [lat, lon];

  // A mark's body is moved away from its true place where marks would cover each other; its icon stays there.
  const mark = ({ point, kind, label, badge, day, name, colour, text, hollow, pinned, lines }) => {
    const body = element("span", `mark ${kind}${hollow ? " hollow" : ""}${pinned ? " pinned" : ""}`);
    body.append(element("b", "", label));
    if (colour) {
      body.style.setProperty("--van", colour);
      body.style.setProperty("--text", text);
    }
    if (badge) body.append(element("i", "badge", badge));
    if (day) body.append(element("i", "day", day));
    const frame = element("span", "frame");
    const caption = element("span", "caption", name ?? "");
    // What is read aloud begins with what is seen, so that people who speak to their phone can name it.
    frame.append(caption, body, element("span", "aloud", lines.join(". ")));
    const icon = L.divIcon({ html: frame, className: "place", iconSize: [0, 0] });
    const marker = L.marker(latLng(point), { icon, riseOnHover: true });
    marker.bindPopup(popup(lines), popupOptions());
    return { marker, body, name: caption };
  };

  const overlaps = (one, other) => one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];

  // Where the buttons stand, from the map's corner: left, top, right, bottom.
  const buttons = () => {
    const frame = map.getContainer().getBoundingClientRect();
    const box = map.getContainer().querySelector(".leaflet-top.leaflet-right").getBoundingClientRect();
    return [box.left - frame.left, box.top - frame.top, box.right - frame.left, box.bottom - frame.top];
  };

  // Each name stands beside, above or below its mark, wherever it covers least of the marks and names placed before.
  const placeNames = (marks, places, moved) => {
    const taken = moved.map(({ x, y }) => [x - 16, y - 16, x + 16, y + 16]);
    const [left, top, right, bottom] = buttons();
    const [start, end] = [map.containerPointToLayerPoint([left, top]), map.containerPointToLayerPoint([right, bottom])];
    taken.push([start.x, start.y, end.x, end.y]);
    const view = L.bounds([[0, 0], map.getSize()]);
    const inside = (corner) => view.contains(map.layerPointToContainerPoint(corner));
    marks.forEach(({ name }, index) => {
      const { offsetWidth: width, offsetHeight: height } = name;
      if (!width) return;
      const { x, y } = moved[index];
      const boxes = [
        [x + 20, y - height / 2],
        [x - 20 - width, y - height / 2],
        [x - width / 2, y + 18],
        [x - width / 2, y - 18 - height],
      ].map(([left, top]) => [left, top, left + width, top + height]);
      const covered = (box) =>
        taken.filter((other) => overlaps(box, other)).length +
        (inside([box[0], box[1]]) && inside([box[2], box[3]]) ? 0 : 3);
      const best = boxes.reduce((one, other) => (covered(other) < covered(one) ? other : one));
      name.classList.toggle("crowded", covered(best) > 1); // readable again once the map is nearer
      taken.push(best);
      name.style.translate = `${best[0] - places[index].x}px ${best[1] - places[index].y}px`;
    });
    return taken;
  };

  // Areas are ground: their names give way to marks, the marks' names and days, and to one another.
  const placeAreaNames = (moved, taken) => {
    const filled = [...taken, ...moved.map(({ x, y }) => [x - 20, y - 24, x + 26, y + 30])];
    names.forEach(({ label, marker, bounds }) => {
      const { x, y } = map.latLngToLayerPoint(marker.getLatLng());
      const [width, height] = [label.offsetWidth / 2, label.offsetHeight / 2];
      const boxes = NAME_SHIFTS_PX.filter((shift) => bounds.contains(map.layerPointToLatLng([x, y + shift]))).map(
        (shift) => ({ shift, box: [x - width, y + shift - height, x + width, y + shift + height] }),
      );
      const free = boxes.find(({ box }) => !filled.some((other) => overlaps(box, other)));
      label.classList.toggle("crowded", !free); // readable again once the map is nearer
      if (!free) return;
      filled.push(free.box);
      label.style.translate = `-50% calc(-50% + ${free.shift}px)`;
    });
  };

  const spread = (marks) => {
    const gap = MARK_GAP_PX[chosen("day") === "all" ? "all" : "one"];
    const places = marks.map(({ marker }) => map.latLngToLayerPoint(marker.getLatLng()));
    const moved = places.map((place) => place.clone());
    for (let push = 0; push < PUSHES; push += 1) {
      let settled = true;
      for (let one = 0; one < moved.length; one += 1) {
        for (let two = one + 1; two < moved.length; two += 1) {
          let way = moved[two].subtract(moved[one]);
          let far = Math.hypot(way.x, way.y);
          if (far >= gap) continue;
          settled = false;
          if (far < 0.5) {
            // Two visits at one place: part them in a direction that differs from pair to pair.
            way = L.point(Math.cos(one + 2.4 * two), Math.sin(one + 2.4 * two));
            far = 1;
          }
          const step = way.multiplyBy((gap - Math.min(far, gap)) / 2 / far + 0.01);
          if (!marks[one].fixed) moved[one] = moved[one].subtract(step);
          if (!marks[two].fixed) moved[two] = moved[two].add(step);
        }
      }
      if (settled) break;
    }
    leaders.clearLayers();
    marks.forEach(({ marker, body }, index) => {
      const shift = moved[index].subtract(places[index]);
      // The property `translate`, not a transform: a diamond is turned after it has been moved.
      body.style.translate = `${shift.x}px ${shift.y}px`;
      marker.getPopup().options.offset = L.point(shift.x, shift.y - 10);
      if (Math.hypot(shift.x, shift.y) < MOVED_PX) return;
      const style = { pane: "leaders", color: "#1b2430", weight: 1.5, interactive: false };
      const place = marker.getLatLng();
      leaders.addLayer(L.polyline([place, map.layerPointToLatLng(moved[index])], style));
      leaders.addLayer(L.circleMarker(place, { ...style, radius: 2, fillOpacity: 1 }));
    });
    const taken = placeNames(marks, places, moved);
    if (map.hasLayer(areaNames)) placeAreaNames(moved, taken);
  };

  const arrow = (line, colour) => {
    const points = line.map((point) => map.project(latLng(point), 12));
    const steps = points.slice(1).map((point, at) => point.distanceTo(points[at]));
    // Just short of halfway: the arrows of a way out and back along one line then stand apart.
    let left = 0.46 * steps.reduce((sum, step) => sum + step, 0);
    let at = 0;
    while (at < steps.length - 1 && left > steps[at]) left -= steps[at++];
    const [start, end] = [points[at], points[at + 1]];
    const place = map.unproject(start.add(end.subtract(start).multiplyBy(steps[at] ? left / steps[at] : 0)), 12);
    const head = element("span", "arrow");
    head.style.setProperty("--van", colour);
    head.style.transform = `rotate(${Math.atan2(end.y - start.y, end.x - start.x)}rad)`;
    const icon = L.divIcon({ html: head, className: "place", iconSize: [0, 0] });
    return L.marker(place, { icon, interactive: false, keyboard: false, zIndexOffset: -1000 });
  };

  const leg = ({ from, to, way: road, is_straight: isStraight }, colour, lines) => {
    const line = isStraight ? [from.point, to.point] : road;
    const ends = line.map(latLng);
    const dashes = isStraight ? "7 6" : null;
    const way = L.polyline(ends, { pane: "legs", color: colour, weight: 3, dashArray: dashes, lineCap: "butt" });
    const casing = L.polyline(ends, { pane: "casings", color: "#ffffff", weight: 7, opacity: 0.9, interactive: false });
    const parts = [casing, way];
    way.bindPopup(popup(lines), popupOptions());
    if (from.point.join() !== to.point.join()) parts.push(arrow(line, colour));
    return parts;
  };

  const routes = drawing.routes.map((route) => ({
    day: route.itinerary.date,
    van: String(route.itinerary.vehicle.number),
    lines: L.layerGroup(route.itinerary.legs.flatMap((each, at) => leg(each, route.colour, route.leg_lines[at]))),
    marks: route.itinerary.stops.map((stop, at) =>
      mark({
        point: stop.point,
        kind: stop.kind,
        label: String(stop.number),
        badge: drawing.shows_vans ? String(route.itinerary.vehicle.number) : "",
        day: drawing.shows_vans ? route.day_label : "",
        name: stop.name,
        colour: route.colour,
        text: route.text_colour,
        pinned: stop.is_pinned,
        lines: route.stop_lines[at],
      }),
    ),
  }));
  const unserved = drawing.unserved.map((visit, at) =>
    mark({ point: visit.point, kind: visit.kind, label: "×", hollow: true, lines: drawing.unserved_lines[at] }),
  );
  const bases = drawing.bases.map((base) => ({
    ...mark({ point: base.point, kind: "base", label: base.label, lines: base.lines }),
    fixed: true,
  }));

  const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`)?.value;
  const isOn = (input) => !input || input.checked;
  const vanBoxes = new Map([...document.querySelectorAll("input[name=van]")].map((box) => [box.value, box]));
  const areas = window.geo_json_areas;

  // Names of areas appear once the map is near enough for them to stand apart.
  const names = areas ? areas.getLayers().map((area) => {
    const { point, lines } = drawing.areas[Number(area.feature.id)];
    const label = element("span", "area-name", lines[0]);
    const icon = L.divIcon({ html: label, className: "place", iconSize: [0, 0] });
    const marker = L.marker(latLng(point), { icon, interactive: false, keyboard: false, zIndexOffset: -2000 });
    return { label, marker, bounds: area.getBounds() };
  }) : [];
  const areaNames = L.layerGroup(names.map(({ marker }) => marker));

  const show = (layer, shown) => {
    if (shown !== map.hasLayer(layer)) map[shown ? "addLayer" : "removeLayer"](layer);
  };

  let visible = [];
  const arrange = () => {
    show(areaNames, Boolean(areas) && map.hasLayer(areas) && map.getZoom() >= NAMES_FROM_ZOOM);
    spread(visible);
  };
  const refresh = () => {
    const day = chosen("day") ?? "all";
    visible = [...bases];
    for (const route of routes) {
      const shown = (day === "all" || day === route.day) && isOn(vanBoxes.get(route.van));
      show(route.lines, shown);
      route.marks.forEach(({ marker }) => show(marker, shown));
      if (shown) visible.push(...route.marks);
    }
    const open = isOn(document.querySelector("input[name=unserved]"));
    unserved.forEach(({ marker }) => show(marker, open));
    if (open) visible.push(...unserved);
    if (areas) show(areas, isOn(document.querySelector("input[name=areas]")));
    if (areas && map.hasLayer(areas)) areas.bringToBack();
    map.getContainer().classList.toggle("all-days", drawing.shows_vans && day === "all");
    arrange();
  };

  const button = (position, text, title, act) => {
    const control = L.control({ position });
    control.onAdd = () => {
      const bar = element("div", "leaflet-bar leaflet-control");
      const made = element("button", "tool", text);
      made.type = "button";
      made.title = title;
      made.setAttribute("aria-label", title);
      made.addEventListener("click", act);
      L.DomEvent.disableClickPropagation(bar);
      bar.append(made);
      return bar;
    };
    control.addTo(map);
  };

  const fitBeside = (right) =>
    map.fitBounds(drawing.bounds, {
      paddingTopLeft: [MARGIN_PX, MARGIN_PX],
      paddingBottomRight: [right, MARGIN_PX],
      maxZoom: 15,
      animate: false,
    });
  const isPlaceNearButtons = () => {
    const [left, , , bottom] = buttons();
    const places = [bases, unserved, ...routes.map(({ marks }) => marks)].flat();
    return places.some(({ marker }) => {
      const { x, y } = map.latLngToContainerPoint(marker.getLatLng());
      return x > left - MARK_REACH_PX && y < bottom + MARK_REACH_PX;
    });
  };
  const fit = () => {
    fitBeside(MARGIN_PX);
    if (isPlaceNearButtons()) fitBeside(map.getSize().x - buttons()[0] + MARK_REACH_PX);
  };

  if (drawing.tiles) {
    L.tileLayer(drawing.tiles.url, { maxZoom: drawing.tiles.max_zoom }).addTo(map);
    const credit = L.control({ position: "bottomright" });
    credit.onAdd = () => element("div", "credit", drawing.tiles.attribution);
    credit.addTo(map);
  }
  L.control.zoom({ zoomInTitle: drawing.words.zoom_in, zoomOutTitle: drawing.words.zoom_out, position: "topright" }).addTo(map);
  button("topright", "⤢", drawing.words.fit, fit);
  L.control.scale({ imperial: false }).addTo(map);

  bases.forEach(({ marker }) => marker.addTo(map));
  if (areas) {
    areas.eachLayer((area) => area.bindPopup(popup(drawing.areas[Number(area.feature.id)].lines), popupOptions()));
  }
  document.querySelectorAll("input[data-layer]").forEach((input) => input.addEventListener("change", refresh));
  document.querySelectorAll("button[data-route]").forEach((link) => {
    link.addEventListener("click", () => {
      const route = routes[Number(link.dataset.route)];
      const all = document.querySelector("input[name=day][value=all]");
      if (all && chosen("day") !== route.day) all.checked = true;
      const box = vanBoxes.get(route.van);
      if (box) box.checked = true;
      refresh();
      map.getContainer().scrollIntoView({ block: "nearest" });
      route.marks[Number(link.dataset.stop)].marker.openPopup();
    });
  });
  map.on("moveend", arrange);
  // On a phone the map comes first; what surrounds it opens with a tap.
  if (window.matchMedia("(max-width: 640px)").matches) {
    document.querySelectorAll("details.notes, .side details.legend").forEach((part) => part.removeAttribute("open"));
  }
  // The paper's layout is not there yet when printing begins, so the map is given its size on paper here.
  const setSize = (width, height) => {
    const { style } = map.getContainer();
    [style.width, style.height] = [width, height];
    map.invalidateSize({ animate: false });
    fit();
  };
  window.addEventListener("beforeprint", () => setSize("786px", "537px"));
  window.addEventListener("afterprint", () => setSize("", ""));
  fit(); // not animated, as Folium's would be, which ends after ours and undoes it
  refresh();
  map.getContainer().setAttribute("aria-label", drawing.words.map);
  document.documentElement.dataset.drawn = "true";
})();
