"""The office's application with all its slices; a slice is added here and nowhere else."""

from fastapi import FastAPI

from api.app import create_office_app
from api.office import Office
from api.planning.routes import planning_router
from api.public.ready import ReadyPages
from api.public.routes import public_router
from api.requests.routes import requests_router


def office_app(office: Office) -> FastAPI:
    """The application of a running office."""
    # The public's paths begin with any regency, so they come after those that begin with a word.
    app = create_office_app(office, (planning_router(office), requests_router(office), public_router(office)))
    # Outside everything else: what it answers are whole answers of what is inside.
    app.add_middleware(ReadyPages, office=office)
    return app
