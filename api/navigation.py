"""What stands in the bar on top of pages, for whom."""

from dataclasses import dataclass
from typing import Final

from api.auth.caller import Caller, CallerKind
from api.entities import Role
from api.i18n import N_


@dataclass(frozen=True, slots=True)
class Way:
    """
    One entry.

    Attributes
    ----------
    path
        With ``{regency}`` where the page is a regency's public one.
    roles
        Who sees it; empty: everybody.
    """

    label: str
    path: str
    roles: frozenset[Role] = frozenset()


_OFFICE: Final = frozenset({Role.PLANNER, Role.APPROVER, Role.AUDITOR, Role.ADMIN})
_EDITORS: Final = frozenset({Role.PLANNER, Role.ADMIN})
PUBLIC_WAYS: Final = (
    Way(N_("Next visits"), "/{regency}/"),
    Way(N_("Ask for a visit"), "/{regency}/permohonan"),
    Way(N_("KIA partners"), "/{regency}/mitra-kia"),
    Way(N_("Complaint or wish"), "/{regency}/saran"),
)
SIGNED_IN_WAYS: Final = (
    Way(N_("Inbox"), "/kantor/permohonan", _OFFICE),
    Way(N_("Week"), "/kantor/pekan", _OFFICE),
    Way(N_("Feedback"), "/kantor/saran", _OFFICE),
    Way(N_("Facilities"), "/kantor/fasilitas", _EDITORS),
    Way(N_("KIA partners"), "/kantor/mitra", _EDITORS),
    Way(N_("My requests"), "/kantor/permohonanku", frozenset({Role.SCHOOL, Role.VILLAGE})),
    Way(N_("Crews"), "/kantor/kru", frozenset({Role.PLANNER, Role.ADMIN})),
    Way(N_("Accounts"), "/kantor/akun", frozenset({Role.ADMIN})),
    Way(N_("Trail"), "/kantor/jejak", frozenset({Role.AUDITOR, Role.ADMIN})),
    Way(N_("Today"), "/hari-ini", frozenset({Role.CREW})),
)


def navigation(caller: Caller | None) -> tuple[Way, ...]:
    """The entries that this caller sees."""
    if caller is None or caller.regency is None:
        return ()
    if caller.kind in {CallerKind.SESSION, CallerKind.DEVICE}:
        return tuple(way for way in SIGNED_IN_WAYS if not way.roles or caller.roles & way.roles)
    return PUBLIC_WAYS
