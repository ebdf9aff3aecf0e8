"""Money: the durable record around every paid call. Knows no service, no picture and no screen."""
