"""The office's application with all its slices; a slice is added here and nowhere else."""

from fastapi import FastAPI

from api.administration.routes import administration_router
from api.app import create_office_app
from api.integration.routes import integration_router
from api.office import Office
from api.planning.routes import planning_router
from api.requests.routes import requests_router


def office_app(office: Office) -> FastAPI:
    """The application of a running office."""
    slices = (planning_router, requests_router, administration_router, integration_router)
    return create_office_app(office, tuple(each(office) for each in slices))
