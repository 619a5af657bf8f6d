"""customer-questions.html and dam-inspection.md: markup, as people write it."""

from __future__ import annotations

from pathlib import Path

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Questions and answers – Tarnholt Valley Water</title>
<style>
  body { font: 17px/1.6 Georgia, serif; color: #22313a; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
  h1, h2 { font-family: Helvetica, Arial, sans-serif; color: #0b4f6c; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #b9cdd6; }
  th { background: #e9f3f7; }
  footer { margin-top: 3rem; font-size: .85rem; color: #5b6b75; }
</style>
</head>
<body>
<header><h1>Questions and answers</h1></header>
<main>
<h2>Moving house</h2>
<p>Tell us the reading of the meter on the day you hand over the keys. If we do not hear from you, the contract goes on,
and so does the bill. You find the meter in the cellar, beside the road, or in older houses of Tarnholt under the
stairs.</p>

<h2>A leak behind the meter</h2>
<p>Water that has run through the meter has to be paid for. Once in twenty-four months, however, you may claim the
<strong>leak allowance</strong>: we charge the additional water at half price if a plumber confirms in writing that the
leak was repaired within fourteen days of the bill.</p>

<h2>Hard water</h2>
<p>How hard your water is depends on where it comes from. Set your dishwasher accordingly:</p>
<table>
<thead><tr><th>Where you live</th><th>Source</th><th>Hardness (°dH)</th><th>Range</th></tr></thead>
<tbody>
<tr><td>Tarnholt, upper quarter</td><td>Kestrel Ridge</td><td>5.1</td><td>soft</td></tr>
<tr><td>Tarnholt, old town</td><td>mixed</td><td>9.8</td><td>medium</td></tr>
<tr><td>Mühlgrund</td><td>boreholes</td><td>17.2</td><td>hard</td></tr>
<tr><td>Søndrevik</td><td>river</td><td>7.4</td><td>soft</td></tr>
<tr><td>Val-d’Orée</td><td>spring</td><td>3.9</td><td>soft</td></tr>
</tbody>
</table>

<h2>Filling a swimming pool</h2>
<p>Please fill it at night and tell the control room a day before. A pool of forty cubic metres takes as much as a street
uses in an hour. From June to August filling is not permitted while the flag at the town hall is red.</p>

<h2>Visiting us</h2>
<ul>
<li>The dam at Kestrel Ridge is open on the first Sunday of each month, from May to October.</li>
<li>School classes are guided free of charge; write six weeks ahead.</li>
<li>Dogs have to wait at the gate house. There is a bowl.</li>
</ul>
</main>
<footer>Tarnholt Valley Water, 4 Weir Lane, Tarnholt. The utility is invented.</footer>
</body>
</html>
"""

NOTES = """# Dam inspection, Kestrel Ridge

Walk-over inspection of **4 November 2025**, reservoir at 78 %, light rain, 6 °C.
Present: Ingrid Sørhaug, Tomás Oquendo, Yūko Hanabusa (guest, 水道局の視察団).

## Crest and upstream face

The crest road is dry. Between chainage 140 and 155 the parapet shows a hairline crack, 0.2 mm wide, first seen in 2021
and unchanged. Eleven blocks of the riprap have slipped below the waterline near the intake tower; they were marked with
yellow paint.

## Downstream face and seepage

Grass cut. A wet patch of about two square metres beside the left abutment, clear water, no fines. The seepage weirs:

| Weir | Litres per minute | Previous year | Remark |
|------|------------------:|--------------:|--------|
| W1   | 12.5 | 12.1 | clear |
| W2   |  3.8 |  4.0 | clear |
| W3   | 21.0 | 16.4 | rises with the reservoir; watch |

## Piezometers

All nine were read. P7 stood at 412.60 m, forty centimetres above its alert level, as it did after the rains of 2023.
The others are below theirs.

## Spillway

- Gate 1 opened and closed by motor in 3 minutes 10 seconds.
- Gate 2 opened by hand crank only: the motor's fuse had been taken for another pump. **Replace before winter.**
- Two otters in the stilling basin. They were not inspected.

## To do

1. Read P7 and W3 weekly until the reservoir is below 70 %.
2. Put back the slipped riprap when the level allows, at the latest in April 2026.
3. Fuse for gate 2: Tomás, this week.

> Next inspection: first week of May 2026.
"""


def make_page(path: Path) -> None:
    path.write_text(PAGE, encoding="utf-8", newline="\n")


def make_notes(path: Path) -> None:
    path.write_text(NOTES, encoding="utf-8", newline="\n")
