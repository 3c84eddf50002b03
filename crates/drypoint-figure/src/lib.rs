//! Shading, scales, ticks, text; one display list to PNG, SVG and PDF.
