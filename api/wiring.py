"""The office's application with all its slices; a slice is added here and nowhere else."""

from fastapi import FastAPI

from api.app import create_office_app
from api.itineraries.office_routes import itineraries_router
from api.office import Office
from api.planning.routes import planning_router
from api.requests.routes import requests_router


def office_app(office: Office) -> FastAPI:
    """The application of a running office."""
    return create_office_app(office, (planning_router(office), itineraries_router(office), requests_router(office)))
