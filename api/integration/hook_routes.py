"""``/api/v1/webhooks``."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi import Path as PathPart

from api.auth.caller import Caller
from api.auth.policies import by_token
from api.entities import Role
from api.errors import NotThereError
from api.integration.answers import (
    CHANGING,
    TAGGED,
    UNCHANGED,
    AskedChanges,
    IfMatch,
    IfNoneMatch,
    check_match,
    etag_of,
    problems,
    tagged,
)
from api.integration.schemas import Code, DeliveryDocument, NewWebhookDocument, WebhookDocument, WebhookInput
from api.office import Office
from api.store.errors import MissingError
from api.store.scope import Reading, RegencyCode, Writing
from api.store.webhooks import (
    Webhook,
    add_webhook,
    change_webhook,
    find_webhook,
    list_deliveries,
    list_webhooks,
    remove_webhook,
)
from api.webhooks import Posting

HookCode = Annotated[Code, PathPart(description="Code of the webhook.", examples=["0a1b2c3d4e5f"])]
Admin = Annotated[Caller, Depends(by_token(Role.ADMIN))]


def add_hook_routes(router: APIRouter, office: Office) -> None:
    """Add the addresses of webhooks."""
    posting = Posting(office.settings.key_file, office.settings.private_webhooks)
    options: dict[str, Any] = {"tags": ["webhooks"]}

    @router.get("/webhooks", summary="Webhooks, the oldest first", **options)
    def list_hooks(caller: Admin) -> list[WebhookDocument]:
        """All of them; there are twenty at most."""
        return [_document(each) for each in office.read(RegencyCode(caller.regency or ""), list_webhooks)]

    @router.post(
        "/webhooks",
        summary="Add a webhook",
        status_code=HTTPStatus.CREATED,
        responses={201: TAGGED, **problems(*CHANGING)},
        **options,
    )
    def add_hook(
        changes: AskedChanges,
        response: Response,
        sent: WebhookInput,
        caller: Admin,
    ) -> NewWebhookDocument:
        """
        Each event is posted to the address as JSON in codes and figures, with the header `Moling-Signature:
        t=SECONDS,v1=HMAC`. What is not answered 2xx within ten seconds is tried again after 1, 5 and 30 minutes, 2 and
        12 hours. The key is shown in this answer only.
        """
        posting.check_address(sent.address)
        now = office.now()

        def add(scope: Writing) -> WebhookDocument:
            hook = add_webhook(scope, sent.address, sent.events, by=caller.by, at=now)
            if not sent.is_active:
                hook = replace(hook, is_active=False)
                change_webhook(scope, hook, by=caller.by, at=now)
            return _document(hook)

        made = changes.make(sent, WebhookDocument, add)
        response.headers["ETag"] = etag_of(made)
        return NewWebhookDocument(**made.model_dump(), key=posting.key(RegencyCode(caller.regency or ""), made.id))

    _add_one_hook(router, posting, office)


def _add_one_hook(router: APIRouter, posting: Posting, office: Office) -> None:
    options: dict[str, Any] = {"tags": ["webhooks"]}

    @router.get(
        "/webhooks/{hook}",
        summary="A webhook",
        responses={200: TAGGED, **UNCHANGED},
        response_model=WebhookDocument,
        **options,
    )
    def get_hook(
        response: Response, hook: HookCode, caller: Admin, if_none_match: IfNoneMatch = None
    ) -> WebhookDocument | Response:
        """Without its key, which is kept nowhere."""
        found = office.read(RegencyCode(caller.regency or ""), lambda scope: _get(scope, hook))
        return tagged(response, _document(found), if_none_match)

    @router.put(
        "/webhooks/{hook}",
        summary="Change a webhook",
        responses={200: TAGGED, **problems(*CHANGING)},
        **options,
    )
    def put_hook(
        response: Response, hook: HookCode, sent: WebhookInput, caller: Admin, if_match: IfMatch = None
    ) -> WebhookDocument:
        """Another address or other events, or a rest; its key stays."""
        posting.check_address(sent.address)
        now = office.now()

        def change(scope: Writing) -> WebhookDocument:
            former = _get(scope, hook)
            check_match(if_match, lambda: _document(former))
            changed = replace(former, address=sent.address, events=frozenset(sent.events), is_active=sent.is_active)
            change_webhook(scope, changed, by=caller.by, at=now)
            return _document(changed)

        document = office.write(RegencyCode(caller.regency or ""), change)
        response.headers["ETag"] = etag_of(document)
        return document

    @router.delete(
        "/webhooks/{hook}",
        summary="Remove a webhook",
        status_code=HTTPStatus.NO_CONTENT,
        responses=problems(),
        **options,
    )
    def remove_hook(hook: HookCode, caller: Admin) -> Response:
        """With what is on its way to it."""
        now = office.now()
        try:
            office.write(
                RegencyCode(caller.regency or ""), lambda scope: remove_webhook(scope, hook, by=caller.by, at=now)
            )
        except MissingError as error:
            raise NotThereError from error
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @router.get("/webhooks/{hook}/deliveries", summary="The newest deliveries of a webhook", **options)
    def list_hook_deliveries(hook: HookCode, caller: Admin) -> list[DeliveryDocument]:
        """The newest hundred, the newest first; those that are over stay for 30 days."""

        def look(scope: Reading) -> list[DeliveryDocument]:
            return [
                DeliveryDocument(
                    id=each.id,
                    event=each.event,
                    subject=str(each.payload["subject"]),
                    state=each.state,
                    attempts=each.attempts,
                    next_attempt=each.next_attempt,
                    status=each.status,
                    created=each.created,
                )
                for each in list_deliveries(scope, _get(scope, hook).id)
            ]

        return office.read(RegencyCode(caller.regency or ""), look)


def _get(scope: Reading, hook: str) -> Webhook:
    found = find_webhook(scope, hook)
    if found is None:
        raise NotThereError
    return found


def _document(hook: Webhook) -> WebhookDocument:
    return WebhookDocument(
        id=hook.id, address=hook.address, events=sorted(hook.events), created=hook.created, is_active=hook.is_active
    )
