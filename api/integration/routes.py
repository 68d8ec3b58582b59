"""Addresses under ``/api/v1`` of an office, for programs with a token."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from api.auth.caller import Caller
from api.auth.policies import by_token
from api.integration.answers import TOKEN, problems, refuse_unknown_parameters
from api.integration.audit_routes import add_audit_routes
from api.integration.hook_routes import add_hook_routes
from api.integration.plan_routes import add_plan_routes
from api.integration.request_routes import add_request_routes
from api.integration.schemas import MeDocument
from api.integration.visit_routes import add_visit_routes
from api.office import Office

_PREFIX: Final = "/api/v1"


def integration_router(office: Office) -> APIRouter:
    """The addresses for programs of that office."""
    router = APIRouter(
        prefix=_PREFIX,
        responses=problems(),
        dependencies=[Depends(TOKEN), Depends(refuse_unknown_parameters)],
        generate_unique_id_function=_name,
    )

    @router.get("/me", tags=["account"], summary="Whose token this is")
    def get_me(caller: Annotated[Caller, Depends(by_token())]) -> MeDocument:
        """The account that the token speaks for, and what it may do."""
        assert caller.regency is not None
        return MeDocument(
            account=caller.subject,
            name=caller.user_name,
            roles=sorted(caller.roles),
            place=caller.place,
            regency=caller.regency,
            regency_name=caller.regency_name,
        )

    for add in (add_request_routes, add_plan_routes, add_visit_routes, add_hook_routes, add_audit_routes):
        add(router, office)
    return router


def _name(route: APIRoute) -> str:
    return route.name
