"""The office's application with all its slices; a slice is added here and nowhere else."""

from fastapi import FastAPI

from api.administration.routes import administration_router
from api.app import create_office_app
from api.integration.routes import integration_router
from api.office import Office


def office_app(office: Office) -> FastAPI:
    """The application of a running office."""
    return create_office_app(office, (administration_router(office), integration_router(office)))
