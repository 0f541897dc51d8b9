package dev.crossfade.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.config.SettingsFile;
import dev.crossfade.control.ControlDatabase;
import dev.crossfade.setup.Pools;
import dev.crossfade.store.StoreSchema;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What remove must not take away. */
class RemoveTest {
  @Test
  void whatAnotherCrossfadeOrTheServiceKeepsStays() throws Exception {
    var setup = new Setup().initialised();
    setup.legacy.execute(setup.legacyDatabase, "drop publication crossfade_" + setup.source);
    var settings = SettingsFile.read(setup.config, Map.of());
    try (var pools = new Pools("test");
        var control = new ControlDatabase(pools.of(settings.control()))) {
      StoreSchema.migrate(pools.of(settings.stores().get("item-store")));
      control.migrate();
    }
    setup.stores.execute(
        setup.storeDatabase,
        """
        insert into crossfade.progress (domain, generation) values ('theirs', 7), ('%1$s', 3);
        insert into crossfade.dirty (domain, type, id) values ('theirs', 'int8', '1'), ('%1$s', 'int8', '1');
        insert into crossfade.floor values ('public.things', 1, '0/1', '0/1'), ('public.theirs', 1, '0/1', '0/1');
        create schema %2$s authorization %3$s;
        create table %2$s.notes (id int)
        """
            .formatted(setup.domain, setup.source, setup.applyRole));
    setup.stores.execute(
        setup.controlDatabase,
        "insert into crossfade.capture (source, generation) values ('theirs', 7), ('%s', 3)"
            .formatted(setup.source));

    Setup.Result removed = setup.crossfade("remove", "--yes");
    assertEquals(1, removed.code(), removed::err);
    assertTrue(removed.err().contains("holds what is not Crossfade's (notes)"), removed::err);
    assertTrue(removed.out().contains("goes on to serve domain theirs"), removed::out);
    assertTrue(removed.out().contains("goes on to serve source theirs"), removed::out);
    assertEquals(
        "theirs theirs public.theirs 0",
        Setup.one(
            setup.stores,
            setup.storeDatabase,
            """
            select concat_ws(' ', (select string_agg(domain, ',') from crossfade.progress), (select string_agg(domain, ',') from crossfade.dirty),
              (select string_agg(table_name, ',') from crossfade.floor), (select count(*) from %s.notes))
            """
                .formatted(setup.source)));
    assertEquals(
        "theirs",
        Setup.one(
            setup.stores,
            setup.controlDatabase,
            "select string_agg(source, ',') from crossfade.capture"));
  }
}
