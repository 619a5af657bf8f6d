"""Reading order and blocks from geometry alone: lines with quads in, ordered blocks of kinds out. Pure, no I/O.

Frame (skew, direction) → segments → columns → rows → grids and paragraphs → kinds. Nothing is lost or said twice on
the way: every line given is in exactly one block. Distances are points of the displayed page.
"""
