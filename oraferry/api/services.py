"""How a handler gets the services of its application."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from oraferry.ports import Services


def get_services(request: Request) -> Services:
    """The services that the application's lifespan opened."""
    return cast(Services, request.app.state.services)


ServicesDep = Annotated[Services, Depends(get_services)]
