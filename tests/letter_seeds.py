"""Letters as they come, and as nobody honest sends them, made here byte by byte."""

import zlib
from io import BytesIO
from struct import pack

import pikepdf
from pikepdf import Array, Dictionary, Encryption, Name, Pdf, Stream, String
from PIL import Image, ImageDraw

CANARY = b"Burhanuddin-Siregar"
"""A name that must be in no clean file."""
GPS = 0x8825


def picture(size: tuple[int, int] = (300, 400), mode: str = "RGB") -> Image.Image:
    """A page with a dark corner on its upper left."""
    page = Image.new(mode, size, "white")
    ImageDraw.Draw(page).rectangle((0, 0, size[0] // 4, size[1] // 4), fill="black")
    return page


def jpeg(size: tuple[int, int] = (300, 400), orientation: int = 1) -> bytes:
    """A photograph with the place where it was taken, the name of who took it, and a comment."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x013B] = CANARY.decode()
    exif[GPS] = {1: "N", 2: (3.0, 9.0, 36.0), 3: "E", 4: (99.0, 31.0, 48.0)}
    out = BytesIO()
    picture(size).save(out, "JPEG", exif=exif, comment=CANARY, xmp=b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>")
    return out.getvalue()


def png(size: tuple[int, int] = (300, 400)) -> bytes:
    """A screenshot with a text in it."""
    from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415

    info, out = PngInfo(), BytesIO()
    info.add_text("Author", CANARY.decode())
    picture(size).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def webp() -> bytes:
    """A picture as some phones' programs send it."""
    out = BytesIO()
    picture().save(out, "WEBP", xmp=CANARY)
    return out.getvalue()


def png_bomb(width: int = 100_000, height: int = 100_000) -> bytes:
    """A PNG whose head claims that many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000)) + chunk(b"IEND", b"")


def new_pdf(pages: int = 1) -> Pdf:
    """A PDF whose pages each show a line of text and a scan."""
    pdf = pikepdf.new()
    for number in range(pages):
        pdf.add_blank_page(page_size=(595, 842))
        page = pdf.pages[-1]
        page.Contents = Stream(
            pdf, b"BT /A 24 Tf 72 720 Td (Nomor 421/%d) Tj ET q 100 0 0 100 72 500 cm /F Do Q" % number
        )
        scan = Stream(pdf, jpeg())
        scan.update(
            Dictionary(
                Type=Name.XObject,
                Subtype=Name.Image,
                Width=300,
                Height=400,
                ColorSpace=Name.DeviceRGB,
                BitsPerComponent=8,
                Filter=Name.DCTDecode,
                Metadata=Stream(pdf, CANARY),
            )
        )
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        # Names that elsewhere would be those of an action and of a file.
        page.Resources = Dictionary(Font=Dictionary(A=font), XObject=Dictionary(F=scan))
    return pdf


def saved(pdf: Pdf, encryption: Encryption | None = None) -> bytes:
    """The PDF's bytes, its objects to be read in them."""
    out = BytesIO()
    pdf.save(out, compress_streams=False, encryption=encryption or False, static_id=True)
    return out.getvalue()


def action(script: str = "app.alert(1)") -> Dictionary:
    """A script that runs."""
    return Dictionary(S=Name.JavaScript, JS=String(script + CANARY.decode()))


def annotation(pdf: Pdf, **more: object) -> None:
    """Put something onto the first page that can be pressed."""
    given = Dictionary(Type=Name.Annot, Rect=[10, 10, 100, 60], P=pdf.pages[0].obj)
    given.update({f"/{name}": value for name, value in more.items()})
    page = pdf.pages[0].obj
    page.Annots = Array([*page.get("/Annots", []), pdf.make_indirect(given)])


def looks(pdf: Pdf, text: bytes) -> Dictionary:
    """How something that can be pressed looks: a line of text."""
    form = Stream(pdf, b"BT /A 12 Tf 2 2 Td (" + text + b") Tj ET")
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    form.update(
        Dictionary(
            Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 90, 50], Resources=Dictionary(Font=Dictionary(A=font))
        )
    )
    return Dictionary(N=form)


def hostile_pdfs() -> dict[str, bytes]:
    """A PDF with each thing that no letter needs, and one with all of them."""
    made = {}
    for name, spoil in _SPOILERS.items():
        pdf = new_pdf()
        spoil(pdf)
        made[name] = saved(pdf)
    pdf = new_pdf()
    for spoil in _SPOILERS.values():
        spoil(pdf)
    return made | {"all": saved(pdf)}


def _open_action(pdf: Pdf) -> None:
    pdf.Root.OpenAction = action()


def _names(pdf: Pdf) -> None:
    _name_tree(pdf)["/JavaScript"] = Dictionary(Names=[String("a"), pdf.make_indirect(action())])


def _name_tree(pdf: Pdf) -> pikepdf.Object:
    if "/Names" not in pdf.Root:
        pdf.Root.Names = Dictionary()
    return pdf.Root.Names


def _additional_actions(pdf: Pdf) -> None:
    pdf.Root.AA = Dictionary(WC=action())
    pdf.pages[0].obj.AA = Dictionary(O=action())


def _launch(pdf: Pdf) -> None:
    annotation(pdf, Subtype=Name.Link, A=Dictionary(S=Name.Launch, F=String("cmd.exe " + CANARY.decode())))


def _address(pdf: Pdf) -> None:
    annotation(pdf, Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("http://127.0.0.1:9/" + CANARY.decode())))


def _form_field(pdf: Pdf) -> None:
    annotation(
        pdf,
        Subtype=Name.Widget,
        FT=Name.Tx,
        T=String("nama" + CANARY.decode()),
        V=String("62"),
        F=4,
        AP=looks(pdf, b"enam puluh dua"),
        AA=Dictionary(K=action()),
        A=Dictionary(S=Name.SubmitForm, F=String("http://127.0.0.1:9/")),
    )
    pdf.Root.AcroForm = Dictionary(
        Fields=[pdf.pages[0].obj.Annots[-1]], XFA=Stream(pdf, b"<xdp>" + CANARY + b"</xdp>"), CO=Array()
    )


def _rich_media(pdf: Pdf) -> None:
    annotation(
        pdf,
        Subtype=Name.RichMedia,
        RichMediaContent=Dictionary(Assets=Dictionary(Names=[String("a.swf"), Stream(pdf, b"FWS" + CANARY)])),
    )


def _embedded_file(pdf: Pdf) -> None:
    pdf.attachments["a.exe"] = b"MZ" + CANARY
    annotation(
        pdf,
        Subtype=Name.FileAttachment,
        FS=Dictionary(Type=Name.Filespec, F=String("b.exe"), EF=Dictionary(F=Stream(pdf, b"MZ" + CANARY))),
    )


def _metadata(pdf: Pdf) -> None:
    pdf.docinfo["/Author"] = CANARY.decode()
    pdf.Root.Metadata = Stream(pdf, b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>")
    page = pdf.pages[0].obj
    page.Metadata = Stream(pdf, CANARY)
    page.PieceInfo = Dictionary(App=Dictionary(Private=String(CANARY.decode())))
    page.Resources.XObject.F.PieceInfo = Dictionary(App=Dictionary(Private=String(CANARY.decode())))


def _hidden_action(pdf: Pdf) -> None:
    page = pdf.pages[0].obj
    page.Resources.Properties = Dictionary(
        MC0=Dictionary(A=action(), Unheard=action(), AF=Array([Dictionary(EF=Dictionary())]))
    )
    page.Resources.XObject.F.AA = Dictionary(O=action())


def _elsewhere(pdf: Pdf) -> None:
    outside = Stream(pdf, b"")
    outside.update(
        Dictionary(
            Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 1, 1], F=String("/etc/passwd"), Ref=Dictionary(Page=1)
        )
    )
    pdf.pages[0].obj.Resources.XObject.G = outside


_SPOILERS = {
    "script at the opening": _open_action,
    "script by name": _names,
    "additional actions": _additional_actions,
    "launch": _launch,
    "address": _address,
    "form field": _form_field,
    "rich media": _rich_media,
    "embedded file": _embedded_file,
    "metadata": _metadata,
    "hidden action": _hidden_action,
    "file elsewhere": _elsewhere,
}
