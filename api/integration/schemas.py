"""What programs send and get under ``/api/v1``; the OpenAPI description is made of these."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from api.documents import Document
from api.entities import PlanState, RequestState, Role, Wish
from api.store.changes import ChangeKind
from api.store.outbox import DeliveryState, Event
from api.store.slots import SlotState
from geodata.requests import Urgency
from geodata.sites import Signal, SiteKind

_PRINTABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
MOST_PEOPLE = 5_000
"""Of one request; more is a slip of the pen."""

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$")]
Line = Annotated[str, StringConstraints(max_length=200, pattern=_PRINTABLE)]
Text = Annotated[str, StringConstraints(max_length=500, pattern=_PRINTABLE)]
Reason = Annotated[str, StringConstraints(min_length=3, max_length=500, pattern=_PRINTABLE)]
Count = Annotated[int, Field(ge=0, le=MOST_PEOPLE, strict=True)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
Weekday = Annotated[int, Field(ge=0, le=6, strict=True)]
Week = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-W(0[1-9]|[1-4][0-9]|5[0-3])$")]


class Input(BaseModel):
    """What a program sends: nothing unknown, no NaN, no number beyond bounds."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


class MeDocument(Document):
    """Whose token it is."""

    account: str = Field(examples=["planner"])
    name: str = Field(description="Of the account's person, school or village.", examples=["Perencana"])
    roles: list[Role] = Field(examples=[["planner"]])
    place: str | None = Field(
        description="Code of the place for which a school's or village's account speaks.", examples=["10204056"]
    )
    regency: str = Field(description="Four digits.", examples=["1219"])
    regency_name: str = Field(examples=["Kabupaten Batu Bara"])


class CountsInput(Input):
    """People to be served, by service: counts and never names."""

    record_and_print: Count = Field(default=0, description="Aged 17 and over.", examples=[62])
    record_only: Count = Field(default=0, description="Aged 16: recorded now, the card comes at 17.", examples=[41])
    child_id_card: Count = Field(default=0, description="Child cards (KIA).", examples=[0])
    outside_domicile: Count = Field(
        default=0, description="How many of those to be recorded are registered elsewhere.", examples=[3]
    )

    @model_validator(mode="after")
    def _check_sums(self) -> Self:
        if self.record_and_print + self.record_only + self.child_id_card > MOST_PEOPLE:
            raise ValueError
        if self.outside_domicile > self.record_and_print + self.record_only:
            raise ValueError
        return self


class LetterInput(Input):
    """The letter that asks for the visit (surat permohonan)."""

    number: Line | None = Field(default=None, examples=["421.3/118/SMA-1/2026"])
    written: date | None = Field(default=None, examples=["2026-11-23"])
    subject: Line = Field(default="", examples=["Permohonan perekaman KTP-el"])
    signatory_position: Line = Field(default="", description="A position, never a name.", examples=["Kepala Sekolah"])


class HoursInput(Input):
    """Hours of a day, on the regency's clocks."""

    start: Clock = Field(examples=["08:00"])
    end: Clock = Field(examples=["12:00"])

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.start >= self.end:
            raise ValueError
        return self


class DaysInput(Input):
    """Days from the first to the last, both included."""

    first: date = Field(examples=["2026-12-14"])
    last: date = Field(examples=["2026-12-18"])

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.first > self.last:
            raise ValueError
        return self


class DetailsInput(Input):
    """What the crew needs to know of the place."""

    attachments: Annotated[int, Field(ge=0, le=99, strict=True)] = Field(default=0, examples=[1])
    room: Text = Field(default="", examples=["Aula, lantai 1"])
    power: Text = Field(default="", examples=["2.200 VA"])
    parking: Text = Field(default="", examples=["Halaman depan"])
    accessibility: Text = Field(default="", description="Needs, never whose.", examples=["2 kursi roda"])
    consent: bool = Field(default=False, description="The host states that parents know and agree.", examples=[True])


class RequestInput(Input):
    """A request to be filed."""

    place: Code = Field(description="Code of a site, or of a village for its hall.", examples=["10204056"])
    counts: CountsInput = CountsInput()
    letter: LetterInput = LetterInput()
    weekdays: list[Weekday] = Field(
        default_factory=list, max_length=7, description="Days that suit, 0 is Monday; empty: any.", examples=[[1, 2]]
    )
    hours: list[HoursInput] = Field(default_factory=list, max_length=6, description="Empty: any.")
    outside_working_hours: bool = Field(default=False, description="After dismissal or on a Saturday.")
    blocked: list[DaysInput] = Field(default_factory=list, max_length=20, description="Days that do not suit.")
    not_after: date | None = Field(default=None, description="Last useful day.", examples=["2026-12-18"])
    urgency: Urgency = Urgency.ORDINARY
    needs_portable_kit: bool = Field(default=False, description="For those who cannot come to the van.")
    signal: Signal = Signal.UNKNOWN
    notes: list[Text] = Field(default_factory=list, max_length=10, examples=[["Jalan sempit"]])
    wish: Wish = Wish.VISIT
    details: DetailsInput = DetailsInput()


class CountsDocument(Document):
    """People to be served, by service."""

    record_and_print: int = Field(description="Aged 17 and over.", examples=[62])
    record_only: int = Field(description="Aged 16: recorded now, the card comes at 17.", examples=[41])
    child_id_card: int = Field(description="Child cards (KIA).", examples=[0])
    outside_domicile: int = Field(description="Of those to be recorded, registered elsewhere.", examples=[3])


class LetterDocument(Document):
    """The letter, as the office has it."""

    number: str | None = Field(examples=["421.3/118/SMA-1/2026"])
    written: date | None = Field(examples=["2026-11-23"])
    has_scan: bool = Field(description="Whether its photograph or PDF is here.", examples=[True])
    subject: str = Field(examples=["Permohonan perekaman KTP-el"])
    signatory_position: str = Field(examples=["Kepala Sekolah"])


class HoursDocument(Document):
    """Hours of a day, on the regency's clocks."""

    start: str = Field(examples=["08:00"])
    end: str = Field(examples=["12:00"])


class DaysDocument(Document):
    """Days from the first to the last, both included."""

    first: date = Field(examples=["2026-12-14"])
    last: date = Field(examples=["2026-12-18"])


class DetailsDocument(Document):
    """What the crew needs to know of the place."""

    attachments: int = Field(examples=[1])
    room: str = Field(examples=["Aula, lantai 1"])
    power: str = Field(examples=["2.200 VA"])
    parking: str = Field(examples=["Halaman depan"])
    accessibility: str = Field(examples=["2 kursi roda"])
    consent: bool = Field(description="The host states that parents know and agree.", examples=[True])


class RequestDocument(Document):
    """A request, as the office has it."""

    id: str = Field(examples=["PM-2026-0001"])
    state: RequestState = Field(examples=["submitted"])
    place: str = Field(examples=["10204056"])
    kind: SiteKind = Field(examples=["sma"])
    received: date = Field(examples=["2026-12-01"])
    counts: CountsDocument
    letter: LetterDocument
    weekdays: list[int]
    hours: list[HoursDocument]
    outside_working_hours: bool
    blocked: list[DaysDocument]
    not_after: date | None
    urgency: Urgency
    needs_portable_kit: bool
    signal: Signal
    notes: list[str]
    wish: Wish
    details: DetailsDocument


class StepDocument(Document):
    """One step of a request or plan."""

    state: str = Field(examples=["accepted"])
    at: datetime = Field(examples=["2026-12-01T05:00:00Z"])
    by: str = Field(description="An account, or ``public``.", examples=["planner"])
    reason: str = Field(examples=[""])


class SlotDocument(Document):
    """A van at a host's door."""

    number: int = Field(description="Counts the slots of a request from 1.", examples=[1])
    state: SlotState = Field(examples=["offered"])
    vehicle: str = Field(examples=["moling-1"])
    starts: datetime = Field(examples=["2026-12-08T01:00:00Z"])
    ends: datetime = Field(examples=["2026-12-08T05:00:00Z"])


class FullRequestDocument(RequestDocument):
    """A request with all that happened to it."""

    history: list[StepDocument]
    slots: list[SlotDocument]


class ReasonInput(Input):
    """Why, for host and office to read; no names."""

    reason: Reason = Field(examples=["Surat belum bernomor"])


class PerhapsReasonInput(Input):
    """Why, where there is something to say; no names."""

    reason: Text = Field(default="", examples=["Surat asli menyusul"])


class PlanDocument(Document):
    """A version of a week's plan."""

    id: str = Field(examples=["2026-W50-v1"])
    week: str = Field(description="ISO week.", examples=["2026-W50"])
    version: int = Field(examples=[1])
    state: PlanState = Field(examples=["published"])
    author: str = Field(examples=["planner"])
    reason: str = Field(description="Why it breaks a soft rule or replaces a version.", examples=[""])
    hard_violations: int = Field(examples=[0])
    soft_violations: int = Field(examples=[0])


class FullPlanDocument(PlanDocument):
    """A version with the hashes of its documents and all that happened to it."""

    instance_sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    plan_sha256: str = Field(examples=["60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"])
    history: list[StepDocument]


class PublicVisitDocument(Document):
    """A published visit, as everybody may know it."""

    id: str = Field(description="The same in all versions; says nothing of a request.", examples=["5f0c2a9be1d34b77"])
    name: str = Field(examples=["Balai Desa Sukaraja"])
    place: str = Field(examples=["Desa Sukaraja, Kec. Air Putih"])
    village_code: str = Field(examples=["1219042001"])
    audience: Literal["everyone", "pupils"] = Field(description="``pupils``: of this school only.")
    start: datetime = Field(description="Of a moved visit the new time.", examples=["2026-12-08T09:00:00+07:00"])
    finish: datetime = Field(examples=["2026-12-08T12:30:00+07:00"])
    services: list[str] = Field(description="What is served, never how many.", examples=[["record_and_print"]])
    point: tuple[float, float] = Field(description="Longitude and latitude, degrees.", examples=[[99.53, 3.16]])
    bring: list[str]
    state: Literal["planned", "cancelled", "moved"]
    reason: str = Field(description="Why it was cancelled or moved.", examples=[""])
    was: datetime | None = Field(description="When a changed visit was to begin.", examples=[None])
    changed: datetime | None = Field(description="When it was cancelled or moved.", examples=[None])


class ChangeInput(Input):
    """A published visit that is cancelled, or moved to another time."""

    plan: Code = Field(examples=["2026-W50-v1"])
    visit: Code = Field(examples=["village:1219042001"])
    kind: ChangeKind = Field(examples=["cancelled"])
    reason: Reason = Field(description="For everybody to read; no names.", examples=["Jalan terendam"])
    moved_to: AwareDatetime | None = Field(
        default=None, description="When it begins instead; with a time zone.", examples=[None]
    )

    @model_validator(mode="after")
    def _check_time(self) -> Self:
        if (self.kind is ChangeKind.MOVED) != (self.moved_to is not None):
            raise ValueError
        return self


class ChangeDocument(Document):
    """A change that counts."""

    id: str = Field(examples=["0a1b2c3d4e5f"])
    plan: str
    visit: str
    kind: ChangeKind
    reason: str
    at: datetime
    by: str
    moved_to: datetime | None


class FeedbackDocument(Document):
    """A complaint or wish."""

    id: str
    kind: str = Field(examples=["complaint"])
    place: str | None
    text: str
    received: datetime
    state: str = Field(examples=["open"])
    answer: str


class WebhookInput(Input):
    """A program that wants to be told."""

    address: Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[!-~]{1,480}$")] = Field(
        description="https, of a host that everybody can reach.", examples=["https://example.go.id/moling"]
    )
    events: list[Event] = Field(min_length=1, max_length=10, examples=[["plan.published", "visit.cancelled"]])
    is_active: bool = Field(default=True, description="Whether new events are told.")


class WebhookDocument(Document):
    """A webhook."""

    id: str = Field(examples=["0a1b2c3d4e5f"])
    address: str
    events: list[Event]
    created: datetime
    is_active: bool


class NewWebhookDocument(WebhookDocument):
    """A webhook with the key that its messages are signed with."""

    key: str = Field(description="Shown this once. ``Moling-Signature`` bears HMAC-SHA256 of ``t.body`` by it.")


class DeliveryDocument(Document):
    """One event on its way to one webhook."""

    id: str
    event: Event
    subject: str = Field(examples=["PM-2026-0001"])
    state: DeliveryState
    attempts: int
    next_attempt: datetime | None
    status: int | None = Field(description="HTTP status of the last answer; null where there was none.")
    created: datetime


class AuditDocument(Document):
    """One act."""

    number: int = Field(examples=[17])
    at: datetime
    by: str = Field(examples=["planner"])
    action: str = Field(examples=["request.moved"])
    subject: str = Field(examples=["PM-2026-0001"])
    details: dict[str, Any] = Field(
        description="Codes and figures.", examples=[{"from": "submitted", "to": "accepted"}]
    )


class ChainDocument(Document):
    """Whether the audit is as it was written."""

    is_whole: bool
    first_broken: int | None = Field(description="Number of the first act that is not as it was written.")
