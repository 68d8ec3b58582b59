"""The office's application with all its slices; a slice is added here and nowhere else."""

from fastapi import FastAPI

from api.app import create_office_app
from api.office import Office
from api.planning.routes import planning_router
from api.public.ready import ReadyPages
from api.public.routes import public_router


def office_app(office: Office) -> FastAPI:
    """The application of a running office."""
    app = create_office_app(office, (planning_router(office), public_router(office)))
    # Outside everything else: what it answers are whole answers of what is inside.
    app.add_middleware(ReadyPages, office=office)
    return app
