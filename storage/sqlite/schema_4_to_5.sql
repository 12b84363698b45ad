-- From version 4 to version 5: speeds of real cars in tenths of a km/h. What was kept before was whole.
ALTER TABLE samples ADD COLUMN speed_tenth INTEGER;
