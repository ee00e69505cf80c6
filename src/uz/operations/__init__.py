"""Operations: verbs on an environment, plain functions that return result values."""
