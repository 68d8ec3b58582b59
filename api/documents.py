"""Parts of answers for programs that several slices give, as the OpenAPI description tells them."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field


class Document(BaseModel):
    """A part of an answer; unknown fields would be a fault of ours."""

    model_config = ConfigDict(extra="forbid")


class VehicleDocument(Document):
    """A mobile unit."""

    id: str = Field(examples=["moling-1"])
    name: str = Field(examples=["Moling 1"])
    number: int = Field(description="The number in its mark on every map.", examples=[1])
    kits: int = Field(description="Recording kits aboard.", examples=[2])
    can_print: bool


class FactorDocument(Document):
    """One factor of what a visit is worth."""

    label: str
    value: float


class CardDocument(Document):
    """What is known of a visit."""

    visit: str = Field(examples=["request:PM-014"])
    name: str = Field(examples=["SMKN 1 Air Putih"])
    kind: str = Field(examples=["school"])
    origin: str = Field(description="A letter, a fixed round, or a village that has waited.", examples=["letter"])
    place: str = Field(examples=["Desa Tanah Tinggi, Kec. Air Putih"])
    village_code: str | None = Field(examples=["1219032005"])
    people: int = Field(description="Expected to come.")
    counts: dict[str, int] = Field(examples=[{"record_and_print": 62, "record_only": 41}])
    letter_number: str | None
    letter_date: date | None
    rule: str | None
    bring: list[str]
    notes: list[str]
    part: int
    parts: int
    factors: list[FactorDocument]
    point: tuple[float, float] = Field(description="Longitude and latitude, degrees.", examples=[[99.53, 3.16]])
    is_estimate: bool = Field(
        description="``people`` come of an estimate of those still to be recorded, not of a count or a letter."
    )


class StopDocument(CardDocument):
    """One stop of a day."""

    number: int = Field(description="Order in the day, from 1.")
    arrive: datetime = Field(examples=["2026-12-07T08:12:00+07:00"])
    start: datetime
    finish: datetime
    is_pinned: bool


class PlaceDocument(Document):
    """An end of a leg."""

    name: str
    point: tuple[float, float]


class LegDocument(Document):
    """One drive."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True, validate_by_alias=True)

    origin: PlaceDocument = Field(alias="from")
    destination: PlaceDocument = Field(alias="to")
    depart: datetime
    arrive: datetime
    duration_min: int
    distance_m: int
    is_straight: bool = Field(description="The road is not known; the map draws a straight line.")
    way: list[tuple[float, float]] = Field(description="Longitude and latitude along the road; empty if not known.")


class PauseDocument(Document):
    """A pause of the crew."""

    start: datetime
    end: datetime


class ItineraryDocument(Document):
    """One van on one day; the same document that its map is drawn from."""

    shift: str = Field(examples=["moling-1/2026-12-07"])
    date: date
    vehicle: VehicleDocument
    leave: datetime
    back: datetime
    distance_m: int
    overtime_min: int
    people: int
    stops: list[StopDocument]
    legs: list[LegDocument]
    pauses: list[PauseDocument]


class UnservedDocument(CardDocument):
    """A visit left out, with the reason."""

    reason: str = Field(examples=["undecided"])
    text: str
    by: list[str]


class ProblemDocument(BaseModel):
    """What went wrong, as RFC 9457 says it."""

    type: str = Field(default="about:blank")
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no plan of week 2026-W51; there is one of 2026-W50."])
    instance: str = Field(examples=["/api/v1/plans/2026-W51"])
