"""Pictures decoded and encoded anew, so that nothing but what is seen remains; the home of Pillow."""

from io import BytesIO
from typing import Final

from PIL import Image, ImageFile

from api.attachments.cleaning import MOST_PIXELS, LetterError, Problem

LONGEST_SIDE: Final = 2_400
"""Pixels; a page of A4 has 200 dots an inch with it, enough to read and to print."""
_QUALITY: Final = 85
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings a picture of that orientation upright (Exif 2.32, tag Orientation)."""
_WHITE: Final = (255, 255, 255)


def load_formats() -> None:
    """Load the decoders, once, before children are forked."""
    Image.init()


def clean_picture(content: bytes) -> bytes:
    """
    The picture as a JPEG: upright, on white, its longest side at most `LONGEST_SIDE`, without metadata.

    Of several pictures in one file the first is taken. A colour profile goes with the metadata: letters are read, not
    proofed.

    Raises
    ------
    LetterError
        When its head claims too many pixels; nothing is decoded then.
    Exception
        Any other, when it is damaged.
    """
    Image.MAX_IMAGE_PIXELS = None  # the limit is ours, below, and an error, no warning
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    with Image.open(BytesIO(content), formats=_FORMATS) as picture:
        width, height = picture.size
        if width * height > MOST_PIXELS:
            raise LetterError(Problem.PIXELS)
        turn = _UPRIGHT.get(_orientation(picture))
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG decoded at a half or a quarter where that is enough
        picture.load()
        small = _on_white(picture)
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    upright = small if turn is None else small.transpose(turn)
    # Pixels alone are carried over: what a picture of Pillow's knows besides could find its way into the file.
    bare = Image.frombytes("RGB", upright.size, upright.tobytes())
    out = BytesIO()
    bare.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 (damaged metadata are no reason to refuse a good picture)
        return 1


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode in {"I", "I;16", "I;16B", "I;16L", "F"}:  # 16 bits of grey, which a plain conversion would cut off
        grey = picture.convert("I").point(lambda value: value / 256, "L")
        return grey.convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    ground = Image.new("RGB", seen.size, _WHITE)
    ground.paste(seen, mask=seen.getchannel("A"))
    return ground
