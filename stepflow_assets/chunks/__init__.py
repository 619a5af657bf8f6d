"""From the blocks of all pages (or of one part) to chunks that know their places. Pure: values in, values out.

``assembly`` puts pages together (running headers, paragraphs over a page break, heading path), ``splitting`` cuts the
result into chunks of at most ``max_tokens``.
"""
