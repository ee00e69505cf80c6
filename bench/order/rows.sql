-- What orders are made of: more stock than is ever ordered, and accounts for order.sql.
INSERT INTO products SELECT 'bench-' || n, 'Bench', 100, 1000000 FROM generate_series(1, 100) AS n;
INSERT INTO accounts SELECT 'bench-' || n, 'Bench', 'bench-' || n FROM generate_series(1, 50) AS n;
