"""Frames in and out: videos, cameras, stacks and folders of images, one frame at a time."""
