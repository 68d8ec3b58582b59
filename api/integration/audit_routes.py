"""``/api/v1/audit`` and ``/api/v1/feedback``."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from api.auth.caller import Caller
from api.auth.policies import by_token
from api.entities import Role
from api.integration.answers import PAGED, AskedPage
from api.integration.plan_routes import OFFICE
from api.integration.schemas import AuditDocument, ChainDocument, Code, FeedbackDocument
from api.office import Office
from api.store.audit import first_broken
from api.store.listings import AuditFilter, page_audit, page_feedback
from api.store.scope import RegencyCode

Auditor = Annotated[Caller, Depends(by_token(Role.AUDITOR, Role.ADMIN))]


def _wanted(
    action: Annotated[Code | None, Query(description="How its name begins.", examples=["request"])] = None,
    by: Annotated[Code | None, Query(description="Whose.", examples=["planner"])] = None,
    subject: Annotated[Code | None, Query(description="About what.", examples=["PM-2026-0001"])] = None,
    since: Annotated[AwareDatetime | None, Query(description="From this moment.")] = None,
    before: Annotated[AwareDatetime | None, Query(description="Before this moment.")] = None,
) -> AuditFilter:
    return AuditFilter(since, before, action or "", by or "", subject or "")


def add_audit_routes(router: APIRouter, office: Office) -> None:
    """Add the addresses of what was done, and of what people say."""

    @router.get("/audit", tags=["audit"], summary="Acts in order", responses={200: PAGED})
    def list_acts(
        page: AskedPage,
        caller: Auditor,
        wanted: Annotated[AuditFilter, Depends(_wanted)],
    ) -> list[AuditDocument]:
        """Who did what when; rows that only grow."""
        key: Any = page.after(int)
        found = office.read(
            RegencyCode(caller.regency or ""),
            lambda scope: page_audit(scope, wanted, after=None if key is None else key[0], limit=page.most),
        )
        items = [AuditDocument(**asdict(each)) for each in found]
        return page.cut(items, lambda each: (each.number,))

    @router.get("/audit/chain", tags=["audit"], summary="Whether the audit is as it was written")
    def check_chain(caller: Auditor) -> ChainDocument:
        """Looks at the hash of every act; it takes a while where there are many."""
        broken = office.read(RegencyCode(caller.regency or ""), first_broken)
        return ChainDocument(is_whole=broken is None, first_broken=broken)

    @router.get(
        "/feedback", tags=["feedback"], summary="Complaints and wishes, the oldest first", responses={200: PAGED}
    )
    def list_feedback(
        page: AskedPage,
        caller: Annotated[Caller, Depends(by_token(*OFFICE))],
        state: Annotated[Code | None, Query(description="Only in this state.", examples=["open"])] = None,
    ) -> list[FeedbackDocument]:
        """What people wrote to the office, without their names, which are not asked for."""
        after: Any = page.after(datetime.fromisoformat, str)
        found = office.read(
            RegencyCode(caller.regency or ""),
            lambda scope: page_feedback(scope, state=state, after=after, limit=page.most),
        )
        items = [FeedbackDocument(**asdict(each)) for each in found]
        return page.cut(items, lambda each: (each.received, each.id))
