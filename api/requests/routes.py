"""All pages of requests, for hosts and for staff."""

from fastapi import APIRouter

from api.office import Office
from api.requests.entering_routes import entering_router
from api.requests.form_routes import form_router
from api.requests.host_routes import ACCOUNT, LINK, host_router
from api.requests.many_routes import many_router
from api.requests.quotas import AddressQuota
from api.requests.staff_routes import staff_router


def requests_router(office: Office) -> APIRouter:
    """The slice's routes; the office's stand first, for ``kantor`` fits where a regency's code may stand."""
    router, quota = APIRouter(), AddressQuota(office)
    router.include_router(many_router(office))
    router.include_router(entering_router(office))
    router.include_router(staff_router(office))
    router.include_router(host_router(office, ACCOUNT, quota))
    router.include_router(host_router(office, LINK, quota))
    router.include_router(form_router(office, quota))
    return router
