package dev.crossfade.faults;

import dev.crossfade.capture.log.LogConsumer;
import dev.crossfade.capture.log.LogEvent;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableShape;
import dev.crossfade.event.TopicRecord;
import dev.crossfade.wire.WireFormat;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Mistakes that a flow like this one could make, each as the change of one edge: the test of the
 * tests. A bug that rewrites a statement changes nothing once the statement is another; then it is
 * not found, and its test says so.
 */
public enum Bug {
  /** The slot is released to an END as soon as it is read. */
  RELEASE_BEFORE_ACKNOWLEDGEMENT {
    @Override
    public Edges edges() {
      return new Edges() {
        @Override
        public LogConsumer log(LogConsumer real) {
          return (events, release) -> {
            for (LogEvent event : events) {
              if (event instanceof LogEvent.End end) {
                release.upTo(end);
              }
            }
            real.take(events, release);
          };
        }
      };
    }
  },

  /** The engine goes on from offsets that it stored, and every record is marked processed. */
  STORED_OFFSETS {
    @Override
    public Edges edges() {
      String prefix = "stored_" + Long.toHexString(System.nanoTime());
      return new Edges() {
        @Override
        public void engine(Properties settings) {
          settings.setProperty("offset.storage", StoredOffsets.class.getName());
          settings.setProperty("topic.prefix", prefix);
          settings.setProperty("crossfade.most", "4");
        }

        @Override
        public LogConsumer log(LogConsumer real) {
          return (events, release) -> {
            real.take(events, release);
            LogEvent last = events.get(events.size() - 1);
            if (last instanceof LogEvent.Change change) {
              release.upTo(new LogEvent.End(change.transaction(), change.lsn()));
            } else if (last instanceof LogEvent.End end) {
              release.upTo(end);
            }
          };
        }
      };
    }
  },

  /** A heartbeat counts as processed when it is read, whatever is still under way before it. */
  HEARTBEATS_MARKED_PROCESSED {
    @Override
    public Edges edges() {
      return new Edges() {
        @Override
        public LogConsumer log(LogConsumer real) {
          var last = new AtomicReference<LogEvent.End>();
          return (events, release) -> {
            for (LogEvent event : events) {
              if (event instanceof LogEvent.End end) {
                last.set(end);
              } else if (event instanceof LogEvent.Message && last.get() != null) {
                release.upTo(last.get());
              }
            }
            real.take(events, release);
          };
        }
      };
    }
  },

  /**
   * The engine connects again by itself, as it does unless it is told not to, past every check of a
   * new generation. It then delivers the last END once more, which ends a generation of ours;
   * whoever relied on such reconnects would pass over what was seen, and so does this.
   */
  SILENT_RECONNECTS {
    @Override
    public Edges edges() {
      return new Edges() {
        @Override
        public void engine(Properties settings) {
          settings.setProperty("errors.max.retries", "-1");
          settings.setProperty("errors.retry.delay.initial.ms", "100");
          settings.setProperty("errors.retry.delay.max.ms", "200");
          settings.setProperty("slot.max.retries", "6");
          settings.setProperty("retriable.restart.connector.wait.ms", "200");
        }

        @Override
        public LogConsumer log(LogConsumer real) {
          var transaction = new ArrayList<LogEvent>();
          long[] last = new long[1];
          return (events, release) -> {
            var whole = new ArrayList<LogEvent>();
            for (LogEvent event : events) {
              if (event instanceof LogEvent.Begin) {
                transaction.clear();
              }
              transaction.add(event);
              if (event instanceof LogEvent.End end) {
                if (end.lsn().value() > last[0]) {
                  whole.addAll(transaction);
                  last[0] = end.lsn().value();
                }
                transaction.clear();
              }
            }
            real.take(whole, release);
          };
        }
      };
    }
  },

  /** The mirror takes every row that comes. */
  NO_GUARD {
    @Override
    public Edges edges() {
      return rewriting(
          "with s as materialized",
          Map.of(
              "(m._epoch, m._base, m._lsn) < (excluded._epoch, excluded._base, excluded._lsn)",
                  "true",
              "(m._epoch, m._base, m._lsn) < (s._epoch, s._base, s._lsn)", "true"));
    }
  },

  /** Of the updates of a row in one transaction only the newest counts. */
  NEWEST_WITHOUT_MERGING {
    @Override
    public Edges edges() {
      var held = new ConcurrentHashMap<String, List<ConsumerRecord<byte[], byte[]>>>();
      return new Edges() {
        @Override
        public List<ConsumerRecord<byte[], byte[]>> polled(
            List<ConsumerRecord<byte[], byte[]>> polled) {
          String topic = polled.get(0).topic();
          var all = new ArrayList<>(held.getOrDefault(topic, List.of()));
          if (!all.isEmpty() && all.get(all.size() - 1).offset() + 1 != polled.get(0).offset()) {
            all.clear();
          }
          all.addAll(polled);
          int whole = all.size();
          while (whole > 0 && all.get(whole - 1).headers().lastHeader(WireFormat.LAST) == null) {
            whole--;
          }
          held.put(topic, List.copyOf(all.subList(whole, all.size())));
          return newest(all.subList(0, whole));
        }
      };
    }

    private List<ConsumerRecord<byte[], byte[]>> newest(List<ConsumerRecord<byte[], byte[]>> of) {
      var newest = new LinkedHashMap<String, Integer>();
      for (int i = 0; i < of.size(); i++) {
        if (update(of.get(i)).isPresent()) {
          newest.put(key(of.get(i)), i);
        }
      }
      var changed = new ArrayList<ConsumerRecord<byte[], byte[]>>();
      for (int i = 0; i < of.size(); i++) {
        ConsumerRecord<byte[], byte[]> one = of.get(i);
        Optional<ChangeEvent> update = update(one);
        boolean superseded = update.isPresent() && newest.get(key(one)) > i;
        changed.add(
            superseded
                ? withValue(one, with(update.get(), update.get().key(), update.get().position()))
                : one);
      }
      return changed;
    }
  },

  /** A deleted row leaves no position behind. */
  NO_DELETE_POSITION {
    @Override
    public Edges edges() {
      return rewriting(
          "with s as materialized",
          Map.of(
              "from s left join gone using (_key)",
              "from s left join gone using (_key) where false"));
    }
  },

  /** A row is dropped if its LSN is not above the last one that was seen. */
  DEDUPLICATION_BY_LSN {
    @Override
    public Edges edges() {
      return new Edges() {
        @Override
        public LogConsumer log(LogConsumer real) {
          long[] last = new long[1];
          return (events, release) -> {
            var kept = new ArrayList<LogEvent>();
            for (LogEvent event : events) {
              if (event instanceof LogEvent.Change change) {
                long lsn = change.lsn().value();
                if (lsn <= last[0]) {
                  continue;
                }
                last[0] = lsn;
              }
              kept.add(event);
            }
            real.take(kept, release);
          };
        }
      };
    }
  },

  /** What is no longer derived is deleted after the rest was written. */
  UPSERTS_BEFORE_DELETES {
    @Override
    public Edges edges() {
      return new Edges() {
        @Override
        public boolean late(String sql) {
          return sql.startsWith("delete from \"")
              && sql.contains("not exists (select from pg_temp");
        }

        /** What is derived at once says that it was not, so that all goes step by step. */
        @Override
        public String sql(String sql) {
          int end = sql.lastIndexOf("\nselect ");
          return sql.startsWith("with \"crossfade derived 0\"")
              ? sql.substring(0, end) + "\nselect false and " + sql.substring(end + 8)
              : sql;
        }
      };
    }
  },

  /** The progress is written in a transaction of its own. */
  PROGRESS_IN_ANOTHER_TRANSACTION {
    @Override
    public Edges edges() {
      return new Edges() {
        @Override
        public boolean apart(String sql) {
          return sql.strip().startsWith("update crossfade.progress")
              && sql.contains("next_offset = ?");
        }
      };
    }
  },

  /** Whoever thinks that it owns the domain may write. */
  NO_OWNER_CHECK {
    @Override
    public Edges edges() {
      return rewriting(
          "update crossfade.progress\nset topic_id",
          Map.of(
              "where domain = ? and owner = ? and next_offset = ?",
              "where domain = ? and (owner = ? and next_offset = ? or true)"));
    }
  },

  /** What stands for a value that the log does not repeat goes on as a value. */
  TOAST_MARKER_AS_VALUE {
    @Override
    public Edges edges() {
      var shapes = new ConcurrentHashMap<String, TableShape>();
      return new Edges() {
        @Override
        public TopicRecord sent(String topic, TopicRecord sent) {
          if (sent instanceof GenerationStart start) {
            start.tables().forEach(shape -> shapes.put(topic + " " + shape.name(), shape));
          }
          if (!(sent instanceof ChangeEvent change) || change.op() != ChangeEvent.Op.UPDATE) {
            return sent;
          }
          TableShape shape = shapes.get(topic + " " + change.table());
          var after = Row.builder(shape.columns().size());
          for (TableShape.Column column : shape.columns()) {
            int at = change.after().indexOf(column.name());
            after.text(
                column.name(), at < 0 ? "__debezium_unavailable_value" : change.after().text(at));
          }
          return with(change, after.build(), change.position());
        }
      };
    }
  },

  /** Every record is taken for the last of its transaction. */
  DERIVE_FROM_HALF_A_TRANSACTION {
    @Override
    public Edges edges() {
      return new Edges() {
        @Override
        public boolean last(TopicRecord sent, boolean last) {
          return last || sent instanceof ChangeEvent change && change.op() != ChangeEvent.Op.READ;
        }
      };
    }
  },

  /** Records are counted as they come, so that none is ever missing. */
  HOLES_ACCEPTED {
    @Override
    public Edges edges() {
      record Seen(long offset, String generation, long sequence) {}
      var seen = new ConcurrentHashMap<String, Seen>();
      return new Edges() {
        @Override
        public List<ConsumerRecord<byte[], byte[]>> polled(
            List<ConsumerRecord<byte[], byte[]>> polled) {
          var changed = new ArrayList<ConsumerRecord<byte[], byte[]>>();
          for (ConsumerRecord<byte[], byte[]> one : polled) {
            String generation = text(one.headers(), WireFormat.GENERATION);
            long sequence = Long.parseLong(text(one.headers(), WireFormat.SEQUENCE));
            Seen before = seen.get(one.topic());
            if (before != null
                && before.offset() + 1 == one.offset()
                && before.generation().equals(generation)) {
              sequence = before.sequence() + 1;
            }
            seen.put(one.topic(), new Seen(one.offset(), generation, sequence));
            changed.add(withSequence(one, sequence));
          }
          return changed;
        }
      };
    }
  },

  /** A row of the load stands where the log was when it was read, not where the snapshot was. */
  LOAD_OUTRANKS_THE_STREAM {
    @Override
    public Edges edges() {
      return new Edges() {
        @Override
        public TopicRecord sent(String topic, TopicRecord sent) {
          return sent instanceof ChangeEvent change && change.op() == ChangeEvent.Op.READ
              ? with(
                  change,
                  change.after(),
                  new Position(change.position().epoch(), new Lsn(1L << 60), Lsn.ZERO))
              : sent;
        }
      };
    }
  },

  /** Changes of a parked aggregate are passed over. */
  PARK_DROPS_LATER_EVENTS {
    @Override
    public Edges edges() {
      return rewriting(
          "with s as materialized",
          Map.of(
              "where d.key is null or (d.epoch, d.base, d.lsn) < (s._epoch, s._base, s._lsn)",
              "where (d.key is null or (d.epoch, d.base, d.lsn) < (s._epoch, s._base, s._lsn))"
                  + " and not exists (select from crossfade.dirty x where x.reason is not null"
                  + " and x.id in (select v from jsonb_each_text(to_jsonb(s)) e(c, v)))"));
    }
  };

  public abstract Edges edges();

  /** Where the parts of a statement that begins so stand, other words do. */
  private static Edges rewriting(String begins, Map<String, String> parts) {
    return new Edges() {
      @Override
      public String sql(String sql) {
        if (!sql.strip().startsWith(begins)) {
          return sql;
        }
        String changed = sql;
        for (Map.Entry<String, String> part : parts.entrySet()) {
          changed = changed.replace(part.getKey(), part.getValue());
        }
        return changed;
      }
    };
  }

  private static Optional<ChangeEvent> update(ConsumerRecord<byte[], byte[]> message) {
    return WireFormat.read(message.key(), message.value()) instanceof ChangeEvent change
            && change.op() == ChangeEvent.Op.UPDATE
        ? Optional.of(change)
        : Optional.empty();
  }

  private static String key(ConsumerRecord<byte[], byte[]> message) {
    return new String(message.key(), StandardCharsets.UTF_8);
  }

  private static ChangeEvent with(ChangeEvent change, Row after, Position position) {
    return new ChangeEvent(
        change.op(),
        change.table(),
        change.key(),
        change.before(),
        after,
        position,
        change.tx(),
        change.ts(),
        change.origin());
  }

  private static String text(Headers headers, String name) {
    return new String(headers.lastHeader(name).value(), StandardCharsets.US_ASCII);
  }

  private static ConsumerRecord<byte[], byte[]> withValue(
      ConsumerRecord<byte[], byte[]> message, TopicRecord value) {
    return copy(message, WireFormat.value(value), message.headers());
  }

  private static ConsumerRecord<byte[], byte[]> withSequence(
      ConsumerRecord<byte[], byte[]> message, long sequence) {
    var headers = new RecordHeaders(message.headers());
    headers.remove(WireFormat.SEQUENCE);
    headers.add(
        new RecordHeader(
            WireFormat.SEQUENCE, Long.toString(sequence).getBytes(StandardCharsets.US_ASCII)));
    return copy(message, message.value(), headers);
  }

  private static ConsumerRecord<byte[], byte[]> copy(
      ConsumerRecord<byte[], byte[]> of, byte[] value, Headers headers) {
    return new ConsumerRecord<>(
        of.topic(),
        of.partition(),
        of.offset(),
        of.timestamp(),
        of.timestampType(),
        of.serializedKeySize(),
        of.serializedValueSize(),
        of.key(),
        value,
        headers,
        of.leaderEpoch());
  }
}
