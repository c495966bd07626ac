"""Flask pages, map and API on top of `locator`.

Importing this package costs nothing; `create_app` brings Flask and the rest, so that
`locator --help`, which loads `webapp.cli`, stays fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from webapp.settings import Settings

__all__ = ["create_app"]


def create_app(config: Settings | None = None) -> Flask:
    """Return the web application of one city.

    Nothing is read from the environment here and nothing is global: one process can hold several
    applications with different settings.

    Parameters
    ----------
    config
        Settings; the defaults where left out.

    Raises
    ------
    InputError, DataError
        The folder is no city, or its files cannot be read; or the tiles that are asked for
        cannot be used, or WeChat's JS-SDK is set up by half.
    """
    from flask import Flask

    from locator.city import City
    from webapp import (
        api,
        assets,
        basemap,
        embed,
        errors,
        headers,
        hosts,
        languages,
        packing,
        page_context,
        pages,
        phone_files,
        state,
        station_pages,
        throttle,
        wechat,
    )
    from webapp.settings import Settings
    from webapp.tile_sources import read_source

    settings = config or Settings()
    city = City.open(settings.city)
    city.current()  # a damaged city fails here, not at the first visitor
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body_bytes
    throttle.install(app, settings)  # first, so that what is refused below is counted too
    files = assets.install(app, settings.vendor)
    tiles = read_source(settings, city.config.map_approval)
    state.attach(app, state.State(city, files, tiles))
    languages.install(app)
    page_context.install(app)
    packing.install(app)
    headers.install(app, {"img-src": tiles.origins} if tiles else None)
    errors.install(app)
    hosts.install(app)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(station_pages.blueprint)
    app.register_blueprint(embed.blueprint)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(basemap.blueprint)
    phone_files.install(app)
    wechat.install(app, settings)
    app.config[embed.ANCESTORS] = settings.frame_ancestors
    return app
