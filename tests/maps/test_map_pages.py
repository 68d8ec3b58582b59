"""What the map pages say, read without a browser."""

from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import geopandas
import pytest

from maps.daily_map import daily_map
from maps.errors import InvalidTilesError
from maps.itinerary import itineraries
from maps.page import TileSource, json_block
from maps.week_map import week_map
from optimizer.plan import Plan, PlanStatus

if TYPE_CHECKING:
    from tests.maps.conftest import Case


@pytest.mark.parametrize("locale, day, time", [("id", "Senin, 7 Desember 2026", "08.00"), ("en", "Monday, 7", "08:00")])
def test_a_week_speaks_the_readers_language(case: "Case", locale: str, day: str, time: str) -> None:
    """Dates and numbers follow the locale that goes with the messages."""
    page = week_map(case.week, None, gettext=str, locale=locale)
    assert f'<html lang="{locale}">' in page
    assert day in page
    assert time in page


def test_every_message_goes_through_gettext(case: "Case", areas: geopandas.GeoDataFrame) -> None:
    """A word that is not handed to gettext would stay English on an Indonesian page."""
    asked: set[str] = set()

    def listen(message: str) -> str:
        asked.add(message)
        return message

    week_map(case.week, areas, gettext=listen)
    daily_map(case.week, case.week.itineraries[0], None, gettext=listen)
    assert {"Schedule", "Not served", "FREE: no charge is made", "Legend", "All days", "Day sheet"} <= asked
    assert "" not in asked


def test_a_table_row_holds_what_its_popup_says(case: "Case") -> None:
    """Never a map alone: who cannot use it reads the same below."""
    page = unescape(week_map(case.week, None, gettext=str))
    for day in case.week.itineraries:
        for stop in day.stops:
            assert page.count(stop.card.name) >= 2
    for visit in case.week.unserved:
        assert visit.text in page
    assert "In its way: SMKN 1 Air Putih" in page
    assert "1 more villages were candidates" in page


def test_areas_without_data_are_hatched_and_listed(case: "Case", areas: geopandas.GeoDataFrame) -> None:
    """No visit known is not the same as visited just now."""
    page = week_map(case.week, areas, gettext=str)
    assert '"fill": "url(#no-data)"' in page
    assert "No data on the last visit" in page
    assert "Areas are approximate" in page
    exact = week_map(case.week, areas.assign(is_approximate=False), gettext=str)
    assert "Areas are approximate" not in exact


def test_areas_of_a_region_without_any_visit_are_quiet(case: "Case", areas: geopandas.GeoDataFrame) -> None:
    """A new office knows no last visit: hatched all over, the map would hide its routes and tell nothing."""
    villages = tuple(replace(village, weeks_since_visit=None) for village in case.cards.villages)
    week = itineraries(case.problem, case.plan, replace(case.cards, villages=villages))
    page = week_map(week, areas, gettext=str)
    assert '"fill": "url(#no-data)"' not in page
    assert '"fill": "#e9e6ee"' in page
    assert "Last visits are not known yet" in page
    assert "weeks since the last visit" not in page.partition('<h2 class="areas-head">')[2].partition("</div>")[0]
    assert "No data on the last visit" in page
    assert "Last visits are not known yet" not in week_map(case.week, areas, gettext=str)


def test_a_day_says_where_its_times_come_from(case: "Case") -> None:
    """By a straight line, unless the roads are known."""
    day = case.week.itineraries[0]
    assert "by a straight line with a factor" in daily_map(case.week, day, None, gettext=str)
    leg = day.legs[0]
    ends = leg.origin.location, leg.destination.location
    road = ((ends[0].lon, ends[0].lat), (99.4, 3.2), (ends[1].lon, ends[1].lat))
    along = itineraries(case.problem, case.plan, case.cards, {(ends[0].id, ends[1].id): road})
    page = daily_map(along, along.itineraries[0], None, gettext=str)
    assert "estimates along the roads" in page
    assert "straight line with a factor" not in page


def test_an_area_that_no_card_knows_is_without_data(case: "Case", areas: geopandas.GeoDataFrame) -> None:
    """Boundaries may be newer than the list of villages."""
    page = week_map(case.week, areas.head(1).assign(code="1219999999"), gettext=str)
    assert "1219999999" in page


def test_a_week_in_which_nobody_goes_out_has_a_page(case: "Case", areas: geopandas.GeoDataFrame) -> None:
    """Lebaran comes every year; the page then says so instead of failing."""
    free = replace(case.problem, shifts=(), visits=())
    plan = Plan("free", "0" * 64, PlanStatus.OPTIMAL, 0.0, 0.0, 0.1, "none")
    week = itineraries(free, plan, replace(case.cards, visits=()))
    page = week_map(week, areas, gettext=str)
    assert "No van goes out this week." in page
    assert "Every visit that was asked for or due is served." in page
    nowhere = itineraries(replace(free, locations=()), plan, replace(case.cards, visits=()))
    assert nowhere.office is None
    assert "No van goes out this week." in week_map(nowhere, None, gettext=str)
    assert "No van goes out this week." in week_map(nowhere, areas, gettext=str)
    assert "No van goes out this week." in week_map(nowhere, areas.head(0), gettext=str)


def test_a_stop_links_to_two_kinds_of_map(case: "Case") -> None:
    """The `geo:` address works without a network, the other without a map application."""
    page = unescape(daily_map(case.week, case.week.itineraries[0], None, gettext=str))
    assert 'href="geo:3.168000,99.418000?q=3.168000,99.418000%28SMAN%201%20Lima%20Puluh%29"' in page
    assert "&destination=3.168000%2C99.418000" in page
    assert page.count('rel="noreferrer noopener"') == 2


def test_only_areas_near_the_way_are_drawn(case: "Case", areas: geopandas.GeoDataFrame) -> None:
    """A day's page goes to phones on slow lines: 151 areas would double it."""
    far = areas.set_geometry(areas.translate(5, 0))
    alone = daily_map(case.week, case.week.itineraries[0], None, gettext=str)
    assert daily_map(case.week, case.week.itineraries[0], far, gettext=str) == alone
    assert "geo_json_areas" in daily_map(case.week, case.week.itineraries[0], areas, gettext=str)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://tiles.example/{z}/{x}/{y}.png",
        "tiles/{z}/{x}/{y}.png",
        "https://tiles.example/{z}/{x}.png",
        "https://tiles.example; script-src */{z}/{x}/{y}.png",
        "https:///{z}/{x}/{y}.png",
    ],
)
def test_a_tile_source_that_no_page_could_load_is_refused(url: str) -> None:
    """The host goes into the page's policy, so nothing but a host may stand there."""
    with pytest.raises(InvalidTilesError, match="Tiles: url is"):
        TileSource(url, "Peta Rupabumi Indonesia")


def test_a_data_block_holds_no_markup() -> None:
    """Inside a script element the browser looks for `<` before it reads any JSON."""
    block = json_block({"name": "</script><!--&\N{LINE SEPARATOR}"})
    assert str(block) == '{"name": "\\u003c/script\\u003e\\u003c!--\\u0026\\u2028"}'
