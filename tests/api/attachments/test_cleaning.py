"""What becomes of an uploaded letter: a clean file, or a sentence that says what would be right."""

import os
import random
import subprocess
import sys
import time
import zipfile
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from api.attachments.cleaning import (
    JPEG,
    MOST_BYTES,
    MOST_PAGES,
    PDF,
    CleanFile,
    LetterCleaner,
    LetterError,
    Problem,
    _read_answer,
    clean_letter,
)
from api.attachments.embedded import bare_jpeg, bare_jpx
from api.attachments.pdf import _OF_PAGE
from geodata.capped_process import Caps
from tests.api.conftest import ROOT
from tests.fuzz_files import mutated
from tests.letter_seeds import (
    CANARY,
    annotation,
    hostile_pdfs,
    jpeg,
    looks,
    new_pdf,
    picture,
    png,
    png_bomb,
    saved,
    webp,
)

HOSTILE = hostile_pdfs()
UNWANTED = (
    *("/JS", "/JavaScript", "/OpenAction", "/AA", "/Launch", "/URI", "/SubmitForm", "/XFA", "/AcroForm", "/Annots"),
    *("/EmbeddedFile", "/EF", "/AF", "/Filespec", "/RichMedia", "/Metadata", "/PieceInfo", "/Info", "/Author"),
    *("/Names", "/Ref", "passwd", "MZ", "FWS", "<xdp", "127.0.0.1"),
)

ACTIVE = {"/JS", "/URI", "/OpenAction", "/EF", "/XFA", "/AcroForm", "/Annots", "/RichMediaContent", "/PieceInfo"}


def problem_of(cleaner: LetterCleaner, content: bytes) -> Problem:
    """Why it is refused."""
    with pytest.raises(LetterError) as refused:
        cleaner.clean(content)
    return refused.value.problem


def decoded(file: CleanFile) -> Image.Image:
    """The clean picture."""
    with Image.open(BytesIO(file.content), formats=["JPEG"]) as opened:
        opened.load()
        assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert not opened.getexif()
        return opened.convert("L")


def unpacked(content: bytes) -> str:
    """A PDF with all that it holds written out, to be searched."""
    with pikepdf.open(BytesIO(content)) as pdf:
        out = BytesIO()
        pdf.save(
            out, object_stream_mode=pikepdf.ObjectStreamMode.disable, stream_decode_level=pikepdf.StreamDecodeLevel.none
        )
        return out.getvalue().decode("latin-1") + "".join(
            each.read_raw_bytes().decode("latin-1") for each in pdf.objects if isinstance(each, pikepdf.Stream)
        )


def active_parts(content: bytes) -> set[str]:
    """Keys of a PDF that can do something, and whatever stands where such things take effect."""
    with pikepdf.open(BytesIO(content)) as pdf:
        found = {*pdf.Root.keys()} - {"/Type", "/Pages"}
        for page in pdf.pages:
            found |= page.obj.keys() - _OF_PAGE
        waiting: list[object] = list(pdf.objects)
        while waiting:
            each = waiting.pop()
            if isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
                found |= each.keys() & ACTIVE
                waiting.extend(inner for _, inner in each.items() if not _is_indirect(inner))
            elif isinstance(each, pikepdf.Array):
                waiting.extend(inner for inner in each if not _is_indirect(inner))
        return found


def _is_indirect(value: object) -> bool:
    return isinstance(value, pikepdf.Object) and value.is_indirect


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_stands_upright(cleaner: LetterCleaner, orientation: int) -> None:
    """The dark corner goes where the camera's mark says, and the mark goes."""
    clean = cleaner.clean(jpeg(orientation=orientation))
    assert (clean.media_type, clean.pages) == (JPEG, 1)
    seen = decoded(clean)
    assert seen.size == ((300, 400) if orientation < 5 else (400, 300))
    right, bottom = seen.width - 10, seen.height - 10
    corners = [
        (10, 10),
        (right, 10),
        (right, bottom),
        (10, bottom),
        (10, 10),
        (right, 10),
        (right, bottom),
        (10, bottom),
    ]
    assert [corner for corner in set(corners) if seen.getpixel(corner) < 50] == [corners[orientation - 1]]  # type: ignore[operator]


@pytest.mark.parametrize("content", [jpeg(), png(), webp()], ids=["jpeg", "png", "webp"])
def test_what_a_picture_knows_besides_is_gone(cleaner: LetterCleaner, content: bytes) -> None:
    """Where it was taken, by whom, comments and profiles."""
    assert CANARY in content
    clean = cleaner.clean(content)
    assert CANARY not in clean.content
    assert not any(mark in clean.content for mark in (b"Exif", b"xmpmeta", b"GPS", b"ICC_PROFILE"))
    assert decoded(clean).getpixel((10, 10)) < 50  # type: ignore[operator]


def test_a_large_photograph_is_shrunk(cleaner: LetterCleaner) -> None:
    """Its longest side is 2,400 pixels; 25 megapixels are taken, one line more is not."""
    assert decoded(cleaner.clean(jpeg((5_000, 5_000)))).size == (2_400, 2_400)
    assert decoded(cleaner.clean(png((6_000, 4_000)))).size == (2_400, 1_600)
    assert problem_of(cleaner, jpeg((5_000, 5_001))) is Problem.PIXELS


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_png_becomes_a_letter_on_white(cleaner: LetterCleaner, mode: str) -> None:
    """See-through paper is white, sixteen bits of grey stay readable."""
    out = BytesIO()
    if mode == "I;16":
        Image.frombytes("I;16", (40, 40), b"\xff\xff" * 800 + b"\0\0" * 800).save(out, "PNG")
    else:
        seen = Image.new("LA" if mode == "LA" else "RGBA", (40, 40), (0, 0) if mode == "LA" else (0, 0, 0, 0))
        seen.paste((0, 255) if mode == "LA" else (0, 0, 0, 255), (0, 20, 40, 40))
        if mode in {"1", "L", "P"}:
            seen = picture((40, 40)).transpose(Image.Transpose.FLIP_TOP_BOTTOM).convert(mode)
        seen.save(out, "PNG")
    clean = decoded(cleaner.clean(out.getvalue()))
    assert clean.getpixel((5, 5)) > 200  # type: ignore[operator]
    assert clean.getpixel((5, 37)) < 50  # type: ignore[operator]


def test_a_decompression_bomb_is_refused_by_its_head(cleaner: LetterCleaner) -> None:
    """100,000 pixels by 100,000 in a few kilobytes: nothing is decoded."""
    began = time.monotonic()
    assert problem_of(cleaner, png_bomb()) is Problem.PIXELS
    assert time.monotonic() - began < 1
    assert problem_of(cleaner, png_bomb(4_000, 4_000)) is Problem.DAMAGED  # and a small one is cut short


@pytest.mark.parametrize("tail", [b"<html><script>alert(1)</script>", b"PK\x03\x04 a.exe", b"%PDF-1.7 /JS"])
def test_what_hides_behind_a_picture_is_gone(cleaner: LetterCleaner, tail: bytes) -> None:
    """A file that is a picture to one program and a page or an archive to another."""
    clean = cleaner.clean(jpeg() + tail)
    assert clean.media_type == JPEG
    assert tail[:6] not in clean.content


@pytest.mark.parametrize(
    "content, problem",
    [
        (b"", Problem.EMPTY),
        (b"\0" * (MOST_BYTES + 1), Problem.SIZE),
        (b"PK\x03\x04" + b"a" * 500, Problem.KIND),
        (b"<html>%PDF" + b"a" * 2_000 + b"%PDF-1.7", Problem.KIND),
        (b"GIF89a" + b"\0" * 50, Problem.KIND),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", Problem.KIND),
        (b"\0\0\0\x18ftypheic\0\0\0\0", Problem.HEIC),
        (b"\xff\xd8\xff", Problem.DAMAGED),
        (b"%PDF-1.7", Problem.DAMAGED),
        (jpeg()[:-500], Problem.DAMAGED),
        (png()[:-50], Problem.DAMAGED),
        (saved(new_pdf())[:300], Problem.DAMAGED),
    ],
)
def test_other_files_are_refused_by_what_they_hold(cleaner: LetterCleaner, content: bytes, problem: Problem) -> None:
    assert problem_of(cleaner, content) is problem


def test_an_archive_called_a_pdf_is_no_pdf(cleaner: LetterCleaner) -> None:
    """No name is looked at."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("surat.pdf", b"%PDF-1.7")
    content = out.getvalue()
    assert problem_of(cleaner, content) in {Problem.KIND, Problem.DAMAGED}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_pdf_keeps_what_its_pages_show_and_nothing_else(cleaner: LetterCleaner, name: str) -> None:
    """Scripts, actions, addresses, attachments, forms and metadata are gone; text and scan are there."""
    assert CANARY in HOSTILE[name]
    clean = cleaner.clean(HOSTILE[name])
    assert (clean.media_type, clean.pages) == (PDF, 1)
    whole = unpacked(clean.content)
    assert CANARY.decode() not in whole
    assert [word for word in UNWANTED if word in whole] == []
    assert active_parts(clean.content) == set()
    assert active_parts(HOSTILE["all"]) >= ACTIVE - {"/URI"}
    with pikepdf.open(BytesIO(clean.content)) as pdf:
        page = pdf.pages[0]
        assert b"Nomor 421/0" in b"".join(part.read_bytes() for part in _contents(page))
        assert page.Resources.Font.A.BaseFont == pikepdf.Name.Helvetica
        with Image.open(BytesIO(page.Resources.XObject.F.read_raw_bytes())) as scan:
            assert scan.convert("L").getpixel((10, 10)) < 50  # type: ignore[operator]
        assert set(pdf.Root.keys()) == {"/Type", "/Pages"}


def _contents(page: pikepdf.Page) -> list[pikepdf.Object]:
    return list(page.Contents) if isinstance(page.Contents, pikepdf.Array) else [page.Contents]


def test_filled_in_fields_and_stamps_stay_to_be_seen(cleaner: LetterCleaner) -> None:
    """They are drawn onto the page; a letter without its stamp is no letter."""
    pdf = new_pdf()
    annotation(pdf, Subtype=pikepdf.Name.Stamp, F=4, AP=looks(pdf, b"DISETUJUI"))
    for content, text in ((HOSTILE["form field"], "enam puluh dua"), (saved(pdf), "DISETUJUI")):
        with pikepdf.open(BytesIO(cleaner.clean(content).content)) as clean:
            shown = clean.pages[0].Resources.XObject.values()
            drawn = [each for each in shown if each.Subtype == pikepdf.Name.Form]
            assert text.encode() in b"".join(each.read_bytes() for each in drawn)


def test_a_scan_wrapped_twice_loses_its_metadata_too(cleaner: LetterCleaner) -> None:
    """Scanners pack JPEGs once more; what is inside is found."""
    import zlib  # noqa: PLC0415

    pdf = new_pdf()
    scan = pdf.pages[0].Resources.XObject.F
    scan.write(zlib.compress(jpeg()), filter=[pikepdf.Name.FlateDecode, pikepdf.Name.DCTDecode])
    clean = cleaner.clean(saved(pdf))
    with pikepdf.open(BytesIO(clean.content)) as opened:
        found = opened.pages[0].Resources.XObject.F
        assert found.Filter == pikepdf.Name.DCTDecode
        assert CANARY not in found.read_raw_bytes()


def test_locked_and_long_pdfs_are_told(cleaner: LetterCleaner) -> None:
    """With a password to open it, with one to print it, with a page too many; what is right is said."""
    for lock in (pikepdf.Encryption(owner="a", user="b"), pikepdf.Encryption(owner="a", user="")):
        assert problem_of(cleaner, saved(new_pdf(), encryption=lock)) is Problem.ENCRYPTED
    assert cleaner.clean(saved(new_pdf(MOST_PAGES))).pages == MOST_PAGES
    assert problem_of(cleaner, saved(new_pdf(MOST_PAGES + 1))) is Problem.PAGES
    assert problem_of(cleaner, saved(pikepdf.new())) is Problem.DAMAGED
    assert "at most 20;" in str(LetterError(Problem.PAGES))


def test_an_image_too_large_to_show_is_refused_in_a_pdf(cleaner: LetterCleaner) -> None:
    pdf = new_pdf()
    pdf.pages[0].Resources.XObject.F.Width = 1_000_000
    assert problem_of(cleaner, saved(pdf)) is Problem.PIXELS


def test_a_stream_that_unpacks_to_a_gigabyte_costs_nothing(cleaner: LetterCleaner) -> None:
    """It is carried over as it is."""
    import zlib  # noqa: PLC0415

    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(b" " * 10_000_000) for _ in range(100)) + packer.flush()
    pdf = new_pdf()
    pdf.pages[0].Contents.write(bomb, filter=pikepdf.Name.FlateDecode)
    began = time.monotonic()
    assert cleaner.clean(saved(pdf)).pages == 1
    assert time.monotonic() - began < 5


def test_time_and_memory_are_capped() -> None:
    """A letter that wants more is told to be photographed, and the next one is cleaned."""
    with LetterCleaner(Caps(memory_mb=30)) as small:
        assert problem_of(small, png((5_000, 5_000))) is Problem.DEMANDING
        assert small.clean(jpeg()).media_type == JPEG
    with LetterCleaner(Caps(seconds=0.05)) as quick:
        assert problem_of(quick, png((5_000, 5_000))) is Problem.DEMANDING


def test_an_answer_is_checked() -> None:
    """A child that was taken over by a hostile file can hand over a file of the two kinds, and no sentence."""
    for answer in (
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"problem": "pay at 127.0.0.1"}',
        b'{"media_type": "text/html", "pages": 1}\n<html>',
        b'{"media_type": "image/jpeg", "pages": 1}\n<html>',
        b'{"media_type": "application/pdf", "pages": 21}\n%PDF-',
        b'{"media_type": "application/pdf", "pages": "a"}\n%PDF-',
        b'{"media_type": ["a"], "pages": 1}\n%PDF-',
    ):
        with pytest.raises(LetterError, match="damaged"):
            _read_answer(answer)
    with pytest.raises(LetterError, match="too large"):
        _read_answer(b'{"media_type": "application/pdf", "pages": 1}\n%PDF-' + b"\0" * MOST_BYTES)


def test_one_letter_needs_nothing_but_a_call_and_leaves_nothing_behind() -> None:
    """From a thread too, and the process is gone afterwards."""
    before = children()
    assert clean_letter(jpeg()).media_type == JPEG
    with pytest.raises(LetterError):
        clean_letter(b"a")
    assert children() == before


def children() -> set[str]:
    """Processes that this one has started, the dead ones included."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_the_process_dies_with_its_parent() -> None:
    """Who kills the office leaves no process behind, and it knows none of the office's settings."""
    code = (
        "import os; from api.attachments.cleaning import LetterCleaner;"
        "cleaner = LetterCleaner(); print(cleaner.pid, flush=True);"
        "print('SECRET' in open(f'/proc/{cleaner.pid}/environ').read(), flush=True); os._exit(9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MOLING_DATABASE_URL": "postgresql://SECRET"},
    )
    pid, knows = done.stdout.split()
    assert knows == "False"
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            return
        time.sleep(0.1)
    pytest.fail("the process is still there")


def test_embedded_pictures_that_cannot_be_followed_are_refused() -> None:
    """Never handed on unread."""
    for wrong in (b"", b"\xff\xd8 a", b"\xff\xd8\xff\xe0\0\0"):
        with pytest.raises(ValueError, match=r"marker|JPEG|length"):
            bare_jpeg(wrong)
    with pytest.raises(ValueError, match="cut off"):
        bare_jpx(b"\0\0\0\xffjp2c")
    out = BytesIO()
    picture().save(out, "JPEG2000")
    boxes = out.getvalue() + b"\0\0\0\x10xml " + CANARY[:8]
    assert bare_jpx(boxes) == out.getvalue()
    with Image.open(BytesIO(bare_jpeg(jpeg()))) as opened:
        assert opened.convert("RGB").tobytes() == Image.open(BytesIO(jpeg())).convert("RGB").tobytes()


@pytest.mark.parametrize("count", [20, pytest.param(500, marks=[pytest.mark.slow, pytest.mark.timeout(1_800)])])
@pytest.mark.parametrize("kind", ["jpeg", "png", "pdf"])
def test_mutated_letters_end_clean_or_refused(cleaner: LetterCleaner, kind: str, count: int) -> None:
    """No child is left, none takes more than its cap, and what comes out can be read."""
    seed = {"jpeg": jpeg(), "png": png(), "pdf": HOSTILE["all"]}[kind]
    rng = random.Random(f"{kind} {count}")
    taken, refused = 0, set()
    for _ in range(count):
        try:
            clean = cleaner.clean(mutated(seed, rng))
        except LetterError as error:
            refused.add(error.problem)
            continue
        taken += 1
        if clean.media_type == JPEG:
            decoded(clean)
        else:
            assert active_parts(clean.content) == set()
    assert 0 < taken < count
    assert not refused & {Problem.BUSY, Problem.DEMANDING}
    assert cleaner.peak_kb < 512 * 1024
    assert Path(f"/proc/{cleaner.pid}/task/{cleaner.pid}/children").read_text() == ""
