-- login_taken is the login of an account that was ever approved, NULL of a
-- sign-up: sign-ups may want one that is taken, and are not told.
CREATE TABLE IF NOT EXISTS `user` (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  locks BIGINT NOT NULL,
  login VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  login_taken VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
  name VARCHAR(240) NOT NULL,
  email VARCHAR(254) NOT NULL,
  phone VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  organisation VARCHAR(400) NOT NULL,
  certificate VARCHAR(240) NOT NULL,
  password VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(2000) NOT NULL,
  demo BOOLEAN NOT NULL,
  wanted VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  role VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hospital VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  regions VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version BIGINT NOT NULL,
  cut VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at BIGINT NOT NULL,
  decided_at BIGINT NOT NULL,
  decided_by VARCHAR(200) NOT NULL,
  seen_at BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY user_login_taken (login_taken),
  KEY user_login (login, id),
  KEY user_state (state, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS session (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  locks BIGINT NOT NULL,
  account VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  unit VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  level BIGINT NOT NULL,
  level_at BIGINT NOT NULL,
  used_level BIGINT NOT NULL,
  version BIGINT NOT NULL,
  cut VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ended VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  origin VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  agent VARCHAR(800) NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY session_account (account, ended, id),
  KEY session_used_at (used_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
-- hash: SHA-256 of a refresh token.
CREATE TABLE IF NOT EXISTS refresh_token (
  session VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  level BIGINT NOT NULL,
  PRIMARY KEY (session, hash)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
CREATE TABLE IF NOT EXISTS api_key (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  locks BIGINT NOT NULL,
  name VARCHAR(400) NOT NULL,
  hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  scopes VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hospital VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_by VARCHAR(200) NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
--bun:split
-- Tries of passwords; name is a hash.
CREATE TABLE IF NOT EXISTS guess (
  name CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  tries INT NOT NULL,
  wait_until BIGINT NOT NULL,
  tried_at BIGINT NOT NULL,
  PRIMARY KEY (name),
  KEY guess_tried_at (tried_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
