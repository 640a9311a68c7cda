"""A picture of rooms in rows, with arrows between them, as SVG."""

from statistics import fmean

from architecture.rooms import Graph, rows_of

WIDTH, MARGIN, TITLE = 700, 24, 34
BOX_WIDTH, BOX_HEIGHT, ROW = 116, 34, 76
APART = 26  # Pixels between boxes, and between a box and an arrow that passes it.

# The colours are those of kerastune/display/page.css.
STYLE = """
.paper { fill: #ffffff } .box { fill: #eef5fa; stroke: #0072b2 }
.arrow { fill: none; stroke: #5b6675; stroke-width: 1.3 } .tip { fill: #5b6675 }
text { fill: #1c2330; font: 15px system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif }
.note { fill: #5b6675; font-size: 13px }
@media (prefers-color-scheme: dark) {
  .paper { fill: #12161c } .box { fill: #1b2a36; stroke: #62b5e5 }
  .arrow { stroke: #9aa5b4 } .tip { fill: #9aa5b4 }
  text { fill: #e4e8ee } .note { fill: #9aa5b4 }
}
"""

Passing = tuple[str, str, int]
"""An arrow on its way past a row: from, to, row."""
Spot = str | Passing


def with_passings(graph: Graph, rows: dict[str, int]) -> tuple[list[list[Spot]], dict[Spot, list]]:
    """Each row's rooms and the arrows that pass it, and what each of them leads to below."""
    placed: list[list[Spot]] = [[] for _ in range(max(rows.values()) + 1)]
    for room, row in sorted(rows.items()):
        placed[row].append(room)
    below: dict[Spot, list[Spot]] = {room: [] for room in sorted(graph)}
    for room, target in sorted((one, other) for one in graph for other in graph[one]):
        spot: Spot = room
        for row in range(rows[room] - 1, rows[target], -1):
            passing = (room, target, row)
            placed[row].append(passing)
            below[spot].append(passing)
            below[passing] = []
            spot = passing
        below[spot].append(target)
    return placed, below


def half_width(spot: Spot) -> float:
    """Half the room that a box, or an arrow beside it, takes in its row."""
    return (BOX_WIDTH if isinstance(spot, str) else 0) / 2 + APART / 2


def spread(row: list[Spot], wanted: dict[Spot, float]) -> dict[Spot, float]:
    """Places in one row, near those wanted and in their order, without overlaps."""
    row.sort(key=lambda spot: (wanted[spot], str(spot)))
    first, last = MARGIN - APART / 2, WIDTH - MARGIN + APART / 2

    def pushed_right(places: dict[Spot, float]) -> dict[Spot, float]:
        found, at = {}, first
        for spot in row:
            found[spot] = max(places[spot], at + half_width(spot))
            at = found[spot] + half_width(spot)
        return found

    def pushed_left(places: dict[Spot, float]) -> dict[Spot, float]:
        found, at = {}, last
        for spot in reversed(row):
            found[spot] = min(places[spot], at - half_width(spot))
            at = found[spot] - half_width(spot)
        return found

    left, right = pushed_left(wanted), pushed_right(wanted)
    return pushed_left(pushed_right({spot: (left[spot] + right[spot]) / 2 for spot in row}))


def places_of(placed: list[list[Spot]], below: dict[Spot, list]) -> dict[Spot, float]:
    """Where each room and passing arrow lies from left to right, close to what it is joined to."""
    joined: dict[Spot, list[Spot]] = {spot: list(targets) for spot, targets in below.items()}
    for spot, targets in below.items():
        for target in targets:
            joined[target].append(spot)
    places: dict[Spot, float] = {}
    for row in placed:
        step = WIDTH / (len(row) + 1)
        places |= {spot: step * (index + 1) for index, spot in enumerate(row)}
    for _ in range(30):
        for row in [*placed, *reversed(placed)]:
            places |= spread(row, {spot: fmean(map(places.get, joined[spot])) for spot in row})
    return places


def draw(graph: Graph) -> str:
    """The picture as SVG."""
    rows = rows_of(graph)
    placed, below = with_passings(graph, rows)
    places = places_of(placed, below)
    height = TITLE + ROW * len(placed)

    def point(spot: Spot, edge: float) -> tuple[int, int]:
        row = rows[spot] if isinstance(spot, str) else spot[2]
        middle = height - ROW * (row + 0.5)
        return round(places[spot]), round(middle + (edge * BOX_HEIGHT / 2))

    def line(spot: Spot, target: Spot) -> str:
        (x, y), (to_x, to_y) = point(spot, 1), point(target, -1)
        if isinstance(target, str):
            to_y -= 4  # The tip of the arrow touches the box.
        bend = (to_y - y) // 2
        path = f"M{x},{y} C{x},{y + bend} {to_x},{to_y - bend} {to_x},{to_y}"
        if not isinstance(target, str):
            path += f" V{point(target, 1)[1]}"
        tip = ' marker-end="url(#tip)"' if isinstance(target, str) else ""
        return f'<path class="arrow" d="{path}"{tip}/>'

    def box(room: str) -> str:
        x, y = point(room, -1)
        return (
            f'<rect class="box" x="{x - BOX_WIDTH // 2}" y="{y}" width="{BOX_WIDTH}" '
            f'height="{BOX_HEIGHT}" rx="6"/>\n'
            f'<text x="{x}" y="{y + BOX_HEIGHT // 2 + 5}" text-anchor="middle">{room}</text>'
        )

    title = "The rooms of kerastune, and which imports which"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img" aria-label="{title}">',
            f"<style>{STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto">',
            '<path class="tip" d="M0,0 L8,4 L0,8 z"/></marker></defs>',
            f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
            f'<text class="note" x="{MARGIN}" y="28">An arrow: imports, '
            "and with it all that can be reached from there.</text>",
            *(line(spot, target) for spot, targets in below.items() for target in targets),
            *(box(room) for room in sorted(rows)),
            "</svg>\n",
        ]
    )
