-- What the installation does in its database, written down by the database itself: nothing slips between two looks.
CREATE TABLE chaos_link (
    id bigserial PRIMARY KEY, at timestamptz NOT NULL, source text, owner text, old_owner text, fence bigint,
    old_fence bigint, seq bigint, old_seq bigint, old_lease_expires_at timestamptz, backend text
);
CREATE FUNCTION chaos_note_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos_link (at, source, owner, old_owner, fence, old_fence, seq, old_seq, old_lease_expires_at, backend)
    VALUES (statement_timestamp(), NEW.source, NEW.owner, OLD.owner, NEW.fence, OLD.fence, NEW.seq, OLD.seq,
        OLD.lease_expires_at, pg_postmaster_start_time()::text || '/' || pg_backend_pid());
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_link_noted AFTER UPDATE ON realtime_link FOR EACH ROW
    WHEN (OLD.seq IS DISTINCT FROM NEW.seq OR OLD.fence IS DISTINCT FROM NEW.fence) EXECUTE FUNCTION chaos_note_link();
CREATE TABLE chaos_poll (
    id bigserial PRIMARY KEY, source text, started_at timestamptz, seconds double precision, error text, due_at timestamptz
);
CREATE FUNCTION chaos_note_poll() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos_poll (source, started_at, seconds, error, due_at)
    SELECT NEW.source, NEW.started_at, NEW.seconds, NEW.error, due_at FROM dashboard_poll WHERE source = NEW.source;
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_poll_noted AFTER INSERT ON dashboard_pollrun FOR EACH ROW EXECUTE FUNCTION chaos_note_poll();
