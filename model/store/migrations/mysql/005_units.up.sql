CREATE TABLE IF NOT EXISTS unit (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version BIGINT NOT NULL,
  call_sign VARCHAR(160) NOT NULL,
  region VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  organisation VARCHAR(400) NOT NULL,
  kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY unit_region (region, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
