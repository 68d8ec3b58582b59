"""Pages of whoever keeps an office: accounts, passwords, the trail of acts."""

from fastapi import APIRouter

from api.administration.account_routes import add_account_routes
from api.administration.password_routes import add_password_routes
from api.administration.trail_routes import add_trail_routes
from api.office import Office


def administration_router(office: Office) -> APIRouter:
    """The pages of that office."""
    router = APIRouter(include_in_schema=False)
    for add in (add_account_routes, add_password_routes, add_trail_routes):
        add(router, office)
    return router
