"""A school day, and each way to send it: what benchmarks.school_day is made of."""
