"""The C++ device: Brian2's code generation with loops as fast as hand-written ones."""
