"""Pages of PDFs and images, read by PDFium and Pillow inside worker processes: text cells, route, picture."""
