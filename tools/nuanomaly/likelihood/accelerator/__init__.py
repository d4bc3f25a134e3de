"""What beams in flight need: ranges of muons."""
