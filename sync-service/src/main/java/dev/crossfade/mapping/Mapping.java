package dev.crossfade.mapping;

import static dev.crossfade.store.Quote.name;
import static java.util.stream.Collectors.joining;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.domain.Target;
import dev.crossfade.mirror.AggregateId;
import dev.crossfade.mirror.Mirror;
import dev.crossfade.source.Problem;
import dev.crossfade.store.Failure;
import dev.crossfade.store.Quote;
import java.sql.Connection;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A domain's mapping, prepared against the mirror and the service tables of a store. Preparing is
 * the check: a mapping without problems can be derived.
 *
 * @param problems one sentence each; if there is any, the other parts are incomplete
 */
public record Mapping(Derivation derivation, List<Dependants> dependants, List<Problem> problems) {

  /**
   * Prepares every SELECT and matches it with its target. Runs in the caller's transaction, where
   * the mirror's tables exist; writes nothing but temporary tables.
   */
  public static Mapping prepare(Connection connection, Domain domain, Mirror mirror)
      throws SQLException {
    var preparation = new Preparation(connection, domain, mirror);
    var plans = new ArrayList<TargetPlan>();
    for (Target target : domain.targets()) {
      preparation.plan(target).ifPresent(plans::add);
    }
    var dependants = new ArrayList<Dependants>();
    for (CapturedTable table : domain.tables()) {
      preparation.dependants(table).ifPresent(dependants::add);
    }
    if (preparation.problems.isEmpty() && !plans.isEmpty()) {
      preparation.checkAggregates(plans);
    }
    return new Mapping(
        new Derivation(domain.name(), mirror, plans), dependants, preparation.problems);
  }

  /** Collects the plans and the problems of one domain. */
  private static final class Preparation {
    private final Connection connection;
    private final Domain domain;
    private final Mirror mirror;
    private final List<Problem> problems = new ArrayList<>();

    Preparation(Connection connection, Domain domain, Mirror mirror) {
      this.connection = connection;
      this.domain = domain;
      this.mirror = mirror;
    }

    /** A change of an aggregate that no target takes would go nowhere. */
    void checkAggregates(List<TargetPlan> plans) {
      mirror
          .aggregateTypes()
          .forEach(
              (table, type) -> {
                if (plans.stream().noneMatch(p -> p.takes(new AggregateId(type, "")))) {
                  problem(
                      domain.name() + ", table " + table,
                      "its aggregate id is a "
                          + type
                          + ", and no target's SELECT compares :keys with a "
                          + type
                          + " (they take "
                          + plans.stream()
                              .map(p -> AggregateId.canonical(p.keysType()))
                              .distinct()
                              .collect(joining(", "))
                          + ")",
                      "compare as text in the SELECT (<column>::text = any(:keys)), or name another column");
                }
              });
    }

    Optional<TargetPlan> plan(Target target) throws SQLException {
      int before = problems.size();
      String where = domain.name() + ", target " + target.table();
      Optional<TargetTable> catalog = TargetTable.read(connection, target.table());
      if (catalog.isEmpty()) {
        problem(
            where,
            "store " + domain.store() + " has no table " + target.table(),
            "create it, or correct the target's name");
        return Optional.empty();
      }
      KeysSql select = KeysSql.of(target.select());
      if (select.parameters() == 0) {
        problem(
            where,
            "the SELECT does not use :keys",
            "restrict it to the aggregates to derive: WHERE <aggregate column> = any(:keys)");
        return Optional.empty();
      }
      Optional<Description> described = describe(where, select);
      if (described.isEmpty()) {
        return Optional.empty();
      }
      List<String> columns = new ArrayList<>(described.get().columns().keySet());
      boolean parks = columns.remove(TargetPlan.PARK);
      var plan =
          new TargetPlan(target, catalog.get(), select, described.get().keysType(), columns, parks);
      checkColumns(where, plan, described.get());
      checkNames(where, plan);
      checkRights(where, target);
      checkTriggers(where, target);
      if (problems.size() == before) {
        checkTypes(where, plan);
      }
      return problems.size() == before ? Optional.of(plan) : Optional.empty();
    }

    Optional<Dependants> dependants(CapturedTable table) throws SQLException {
      if (!(table.role() instanceof CapturedTable.Reference reference)
          || reference.dependants().isEmpty()) {
        return Optional.empty();
      }
      String where = domain.name() + ", dependants of " + table.name();
      KeysSql select = KeysSql.of(reference.dependants().get());
      if (select.parameters() == 0) {
        problem(where, "the SELECT does not use :keys", "restrict it to the changed rows' keys");
        return Optional.empty();
      }
      return describe(where, select)
          .map(
              d ->
                  new Dependants(
                      table,
                      select,
                      d.keysType(),
                      AggregateId.canonical(d.columns().values().iterator().next())));
    }

    /** What the server says of a SELECT: the type of its keys, its columns and their types. */
    private record Description(String keysType, Map<String, String> columns) {}

    private Optional<Description> describe(String where, KeysSql select) throws SQLException {
      Savepoint before = connection.setSavepoint();
      try (PreparedStatement statement = connection.prepareStatement(select.sql())) {
        ParameterMetaData parameters = statement.getParameterMetaData();
        String arrayType = parameters.getParameterTypeName(1);
        ResultSetMetaData result = statement.getMetaData();
        if (result == null) {
          problem(where, "the mapping is not a SELECT", "write one SELECT statement");
          return Optional.empty();
        }
        var columns = new LinkedHashMap<String, String>();
        for (int i = 1; i <= result.getColumnCount(); i++) {
          if (columns.put(result.getColumnLabel(i), result.getColumnTypeName(i)) != null) {
            problem(
                where,
                "the SELECT has two columns named " + result.getColumnLabel(i),
                "name each column once, with AS");
          }
        }
        connection.releaseSavepoint(before);
        String keysType = arrayType.startsWith("_") ? arrayType.substring(1) : "text";
        return Optional.of(new Description(keysType, columns));
      } catch (SQLException e) {
        passedOn(e);
        connection.rollback(before);
        problem(
            where,
            "the SELECT is refused: " + message(e),
            "correct the SELECT; the mirror has "
                + domain.tables().stream()
                    .map(t -> mirror.tableOf(t.name()).orElse(t.name().toString()))
                    .collect(joining(", ")));
        return Optional.empty();
      }
    }

    private void checkColumns(String where, TargetPlan plan, Description described) {
      Target target = plan.target();
      for (String column : plan.columns()) {
        Optional<TargetTable.TargetColumn> found = plan.catalog().column(column);
        if (found.isEmpty()) {
          problem(
              where,
              "the SELECT has a column "
                  + column
                  + " and the table has "
                  + plan.catalog().columns().stream()
                      .map(TargetTable.TargetColumn::name)
                      .collect(joining(", ")),
              "name it as the table does (AS …), or leave it out");
        } else if (found.get().generated()) {
          problem(
              where,
              "column " + column + " is generated by the table",
              "leave it out of the SELECT");
        }
      }
      for (TargetTable.TargetColumn column : plan.catalog().columns()) {
        if (column.notNull()
            && !column.filled()
            && !column.generated()
            && !plan.columns().contains(column.name())) {
          problem(
              where,
              "column " + column.name() + " is NOT NULL, has no default, and is not derived",
              "add it to the SELECT, or give it a default");
        }
      }
      for (String key : target.key()) {
        if (!plan.columns().contains(key)) {
          problem(
              where,
              "key column " + key + " is not derived; the SELECT gives " + plan.columns(),
              "add it to the SELECT, or correct `key:`");
        }
      }
      if (!plan.columns().contains(target.aggregate())) {
        problem(
            where,
            "the aggregate column "
                + target.aggregate()
                + " is not derived; the SELECT gives "
                + plan.columns(),
            "add it to the SELECT, or correct `aggregate:`");
      }
      if (plan.catalog().uniques().stream()
          .noneMatch(u -> Set.copyOf(u).equals(Set.copyOf(target.key())))) {
        problem(
            where,
            "the table has no primary key or unique constraint on exactly " + target.key(),
            "add one, or correct `key:`");
      }
    }

    private void checkNames(String where, TargetPlan plan) {
      Target target = plan.target();
      for (String column : target.once()) {
        if (!plan.columns().contains(column)) {
          problem(where, "once column " + column + " is not derived", "correct `once:`");
        }
      }
      for (String column : target.placeholders().keySet()) {
        if (plan.catalog().column(column).isEmpty()) {
          problem(
              where, "placeholder column " + column + " is not there", "correct `placeholder:`");
        }
      }
      target
          .per()
          .filter(per -> mirror.aggregateOf(per).isEmpty())
          .ifPresent(
              per ->
                  problem(
                      where,
                      "per: " + per + " is not a captured table with an aggregate",
                      "name one of `tables:` that has `aggregate:`"));
    }

    private void checkRights(String where, Target target) throws SQLException {
      String sql =
          "select string_agg(r, ', ') from unnest(array['SELECT','INSERT','UPDATE','DELETE']) r where not has_table_privilege(?, r)";
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setString(1, Quote.table(target.table()));
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          if (row.getString(1) != null) {
            problem(
                where,
                "the store's user lacks " + row.getString(1),
                "GRANT %s ON %s TO that user".formatted(row.getString(1), target.table()));
          }
        }
      }
    }

    /** A trigger that counts, or that stamps a column, may do harm when Crossfade writes. */
    private void checkTriggers(String where, Target target) throws SQLException {
      if (target.triggers() != Target.Triggers.UNSTATED) {
        return;
      }
      String sql =
          "select string_agg(tgname, ', ' order by tgname) from pg_trigger where tgrelid = to_regclass(?) and not tgisinternal and tgenabled <> 'D'";
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setString(1, Quote.table(target.table()));
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          if (row.getString(1) != null) {
            problem(
                where,
                "the table has triggers ("
                    + row.getString(1)
                    + ") and nothing says whether they are to fire",
                "say `triggers: run`, or `triggers: suppress`; a trigger that stamps updated_at can leave Crossfade's writes alone: WHEN (current_setting('crossfade.applying', true) IS DISTINCT FROM 'on')");
          }
        }
      }
    }

    /** Lets the server say whether every column can be assigned, and every expression is right. */
    private void checkTypes(String where, TargetPlan plan) throws SQLException {
      Savepoint before = connection.setSavepoint();
      try (Statement statement = connection.createStatement()) {
        StageSql stage = plan.stage();
        for (String sql : stage.create()) {
          statement.execute(sql);
        }
        var statements = new ArrayList<>(List.of(stage.fill(), stage.deleteGone(), stage.insert()));
        if (!stage.update().isEmpty()) {
          statements.add(stage.update());
        }
        plan.uniques().movable().stream()
            .map(plan.uniques()::vacate)
            .filter(sql -> !sql.isEmpty())
            .forEach(statements::add);
        for (String sql : statements) {
          try (PreparedStatement prepared = connection.prepareStatement(sql)) {
            prepared.getParameterMetaData();
          }
        }
      } catch (SQLException e) {
        passedOn(e);
        problem(
            where,
            message(e).replaceAll("\"crossfade stage [^\"]*\"", name(plan.target().table())),
            "cast the expression in the SELECT to the column's type, or correct `owner:`, `rows:` or `placeholder:`");
      }
      connection.rollback(before);
    }

    /** A full disk or a lost connection says nothing of the mapping. */
    private static void passedOn(SQLException e) throws SQLException {
      if (Failure.of(e) == Failure.RETRY) {
        throw e;
      }
    }

    /** The server's message with its hint: a check shows no rows, so nothing is hidden. */
    private static String message(SQLException e) {
      if (e instanceof org.postgresql.util.PSQLException server
          && server.getServerErrorMessage() != null) {
        String hint = server.getServerErrorMessage().getHint();
        return server.getServerErrorMessage().getMessage()
            + (hint == null ? "" : " (" + hint + ")");
      }
      return e.getMessage();
    }

    private void problem(String where, String what, String fix) {
      problems.add(new Problem(where, what, fix));
    }
  }
}
