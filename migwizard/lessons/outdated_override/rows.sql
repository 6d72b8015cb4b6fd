INSERT INTO customers_customer (id, name, email, joined) VALUES
    (1, 'Ada Byron', 'ada@example.org', '2025-11-03'),
    (2, 'Grace Murray', 'grace@example.org', '2025-12-19'),
    (3, 'Edsger Wybe', 'edsger@example.org', '2026-01-08');
INSERT INTO customers_address (id, customer_id, street, postcode, city) VALUES
    (1, 1, '12 St James''s Square', 'SW1Y 4JH', 'London'),
    (2, 2, '7 West End Avenue', '10023', 'New York'),
    (3, 3, 'Plantage 21', '5671 AB', 'Nuenen');
INSERT INTO shop_product (id, name, sku, price, stock) VALUES
    (1, 'Punched cards, 100', 'CARD-100', 4.5, 120),
    (2, 'Fountain pen', 'PEN-1', 39, 14),
    (3, 'Moth, framed', 'MOTH-1', 75, 1);
INSERT INTO shop_order (id, customer_id, deliver_to_id, placed, note) VALUES
    (1, 1, 1, '2026-01-12 08:15:00', ''),
    (2, 2, 2, '2026-01-14 17:40:00', 'Gift wrap, please'),
    (3, 3, 3, '2026-02-02 11:05:00', ''),
    (4, 1, 1, '2026-02-20 19:30:00', 'Leave it with the neighbour');
INSERT INTO shop_orderline (id, order_id, product_id, quantity, price) VALUES
    (1, 1, 1, 3, 4.5), (2, 2, 3, 1, 75), (3, 3, 2, 1, 39), (4, 4, 1, 1, 4.5), (5, 4, 2, 2, 39);
