"""All pages of requests, for hosts and for staff."""

from fastapi import APIRouter

from api.office import Office
from api.requests.form_routes import form_router
from api.requests.host_routes import ACCOUNT, LINK, host_router
from api.requests.quotas import AddressQuota
from api.requests.staff_routes import staff_router


def requests_router(office: Office) -> APIRouter:
    """The slice's routes."""
    router = APIRouter()
    quota = AddressQuota(office)
    router.include_router(form_router(office, quota))
    router.include_router(host_router(office, LINK))
    router.include_router(host_router(office, ACCOUNT))
    router.include_router(staff_router(office))
    return router
