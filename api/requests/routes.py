"""All pages of requests, for hosts and for staff."""

from fastapi import APIRouter

from api.office import Office
from api.requests.form_routes import form_router
from api.requests.host_routes import LINK, host_router
from api.requests.quotas import AddressQuota


def requests_router(office: Office) -> APIRouter:
    """The slice's routes."""
    router = APIRouter()
    quota = AddressQuota(office)
    router.include_router(form_router(office, quota))
    router.include_router(host_router(office, LINK))
    return router
