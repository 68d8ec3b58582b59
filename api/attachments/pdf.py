"""
PDFs written anew with what their pages show and nothing else; the home of pikepdf.

A list of what is dangerous in a PDF is never complete. So a new file is made and only what pages need is carried into
it: whatever hangs on the catalogue (scripts, attachments, forms, layers, metadata) stays behind. Forms and stamps are
drawn onto the page first, since signatures and filled-in fields are part of a letter. What pages lead to is then walked
through and stripped of metadata, files elsewhere, and whatever could act.

Left as they are: text and drawings of the page, and fonts. Layers that were switched off are seen.
"""

from io import BytesIO
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, ObjectStreamMode, PasswordError, Pdf, Stream, StreamDecodeLevel

from api.attachments.cleaning import MOST_PAGES, LetterError, Problem
from api.attachments.embedded import bare_jpeg, bare_jpx

_OF_PAGE: Final = frozenset(
    {
        *("/Type", "/Parent", "/Resources", "/Contents", "/Group", "/Rotate", "/UserUnit"),
        *("/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox"),
    }
)
_BY_NAME: Final = frozenset(
    {
        *("/Font", "/XObject", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading"),
        *("/CharProcs", "/Colorants"),
    }
)
"""Dictionaries whose keys the writer of the file has chosen: a font may be called ``/A``."""
_UNWANTED: Final = frozenset(
    {
        *("/A", "/AA", "/OpenAction", "/Next", "/JS", "/JavaScript", "/URI", "/Dest", "/XFA", "/AcroForm", "/Annots"),
        *("/Names", "/EF", "/RF", "/AF", "/RichMediaContent", "/RichMediaSettings", "/Movie", "/Sound", "/3DD"),
        *("/Ref", "/OPI", "/Alternates", "/PS", "/Metadata", "/PieceInfo", "/LastModified", "/Thumb", "/ID", "/SPS"),
        *("/StructParent", "/StructParents", "/OC", "/Properties", "/Measure", "/PtData"),
    }
)
_ACTIONS: Final = frozenset(
    {
        *("/GoTo", "/GoToR", "/GoToE", "/GoToDp", "/Launch", "/Thread", "/URI", "/Sound", "/Movie", "/Hide", "/Named"),
        *("/SubmitForm", "/ResetForm", "/ImportData", "/JavaScript", "/SetOCGState", "/Rendition", "/Trans"),
        *("/GoTo3DView", "/RichMediaExecute"),
    }
)
"""What an action says that it does (ISO 32000-2, table 201), wherever it hides."""
_ELSEWHERE: Final = ("/F", "/FFilter", "/FDecodeParms")
"""Of a stream: its content lies in another file."""
_MOST_IMAGE_PIXELS: Final = 100_000_000
"""Of an image on a page: A3 at 600 dots an inch has 70 million."""
_BARE: Final = {"/DCTDecode": bare_jpeg, "/JPXDecode": bare_jpx}


def clean_pdf(content: bytes) -> tuple[bytes, int]:
    """
    The PDF written anew, and its number of pages.

    Raises
    ------
    LetterError
        When it is encrypted, has too many pages or too large an image.
    Exception
        Any other, when it is damaged.
    """
    try:
        source = pikepdf.open(BytesIO(content))
    except PasswordError as error:
        raise LetterError(Problem.ENCRYPTED) from error
    with source, pikepdf.new() as fresh:
        if source.is_encrypted:
            raise LetterError(Problem.ENCRYPTED)
        pages = len(source.pages)
        if pages > MOST_PAGES:
            raise LetterError(Problem.PAGES)
        if not pages:
            raise LetterError(Problem.DAMAGED)
        _draw_annotations(source)
        for page in source.pages:
            for key in page.obj.keys() - _OF_PAGE:
                del page.obj[key]
            fresh.pages.append(page)
        _strip(fresh)
        out = BytesIO()
        fresh.save(
            out,
            # Streams are not unpacked here: what is small and unpacks to gigabytes costs us nothing.
            stream_decode_level=StreamDecodeLevel.none,
            object_stream_mode=ObjectStreamMode.generate,
            deterministic_id=True,
        )
        return out.getvalue(), pages


def _draw_annotations(source: Pdf) -> None:
    if "/AcroForm" in source.Root:
        source.generate_appearance_streams()
    source.flatten_annotations("all")


def _strip(pdf: Pdf) -> None:
    waiting: list[tuple[Any, bool]] = [(page.obj, False) for page in pdf.pages]
    seen: set[tuple[tuple[int, int], bool]] = set()
    while waiting:
        value, is_by_name = waiting.pop()
        if isinstance(value, Array):
            waiting.extend((each, False) for each in value)
        if not isinstance(value, Dictionary | Stream):
            continue
        if value.is_indirect:
            if (value.objgen, is_by_name) in seen:
                continue
            seen.add((value.objgen, is_by_name))
        if not is_by_name:
            _strip_one(value)
        waiting.extend((inner, key in _BY_NAME) for key, inner in value.items() if key != "/Parent")


def _strip_one(value: Any) -> None:  # noqa: ANN401 (a dictionary or stream of pikepdf)
    unwanted = value.keys() if str(value.get("/S")) in _ACTIONS else value.keys() & _UNWANTED
    for key in list(unwanted):
        del value[key]
    if not isinstance(value, Stream):
        return
    for key in value.keys() & set(_ELSEWHERE):
        del value[key]
    if value.get("/Subtype") == Name.PS:  # a program for printers in the place of a picture
        value.write(b"")
    if value.get("/Subtype") == Name.Image:
        _strip_image(value)


def _strip_image(image: Any) -> None:  # noqa: ANN401 (a stream of pikepdf)
    if int(image.get("/Width", 0)) * int(image.get("/Height", 0)) > _MOST_IMAGE_PIXELS:
        raise LetterError(Problem.PIXELS)
    given = image.get("/Filter", [])
    filters = list(given) if isinstance(given, Array) else [given] if isinstance(given, Name) else []
    bare = _BARE.get(str(filters[-1])) if filters else None
    if bare is None:
        return
    parameters = image.get("/DecodeParms", None)
    own = parameters[-1] if isinstance(parameters, Array) else parameters
    if filters[:-1]:
        # Read through all filters but that of the picture itself.
        image.Filter = Array(filters[:-1])
        if isinstance(parameters, Array):
            image.DecodeParms = Array(list(parameters)[:-1])
        data = image.read_bytes()
    else:
        data = image.read_raw_bytes()
    image.write(bare(data), filter=filters[-1], decode_parms=own if isinstance(own, Dictionary) else None)
