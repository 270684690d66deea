-- Before the first term: who wrote last, here 0 for nobody.
CREATE TABLE report (day TEXT PRIMARY KEY, total INT, token INT NOT NULL);
INSERT INTO report VALUES ('2026-08-21', 0, 0);
-- Each write, with the fencingToken of /leader. No row changed: a later leader
-- has written; stop.
UPDATE report SET total = 42, token = 298
  WHERE day = '2026-08-21' AND token <= 298;
