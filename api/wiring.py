"""The office's application with all its slices; a slice is added here and nowhere else."""

from fastapi import FastAPI

from api.administration.routes import administration_router
from api.app import create_office_app
from api.integration.routes import integration_router
from api.itineraries.office_routes import itineraries_router
from api.office import Office
from api.planning.routes import planning_router
from api.public.ready import ReadyPages
from api.public.routes import public_router
from api.requests.routes import requests_router


def office_app(office: Office) -> FastAPI:
    """The application of a running office."""
    # The public's paths begin with any regency, so they come after those that begin with a word.
    slices = (
        planning_router,
        itineraries_router,
        requests_router,
        administration_router,
        integration_router,
        public_router,
    )
    app = create_office_app(office, tuple(each(office) for each in slices))
    # Outside everything else: what it answers are whole answers of what is inside.
    app.add_middleware(ReadyPages, office=office)
    return app
