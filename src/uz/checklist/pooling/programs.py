"""Small programs that use the app's own driver, as the app would: they run in its release.

Each makes two connections and repeats a statement beyond any threshold for preparing it. Then one
connection holds what the other had at the server, so that the other gets another one; in a
transaction, where no driver can try again unnoticed.
"""

FIND_PYTHON = """\
import importlib
for name in ("psycopg", "asyncpg", "psycopg2"):
    try:
        print(name, importlib.import_module(name).__version__.split()[0])
    except ImportError:
        pass
"""

FIND_NODE = """\
for (const name of ["pg", "postgres"]) {
  try {
    const path = require.resolve(name).split("/node_modules/" + name + "/")[0];
    const text = require("fs").readFileSync(path + "/node_modules/" + name + "/package.json");
    console.log(name, JSON.parse(text).version);
  } catch {}
}
"""

TRY_PYTHON = """\
import asyncio, importlib, sys

name, setting, file, several = sys.argv[1:]
driver = importlib.import_module(name)
url = open(file).read().strip()
safe = setting == "safe"
loop = asyncio.new_event_loop()


class Synchronous:
    def __init__(self):
        if name == "psycopg2":
            self.own = driver.connect(url)
            self.own.autocommit = True
        else:
            options = {"prepare_threshold": None} if safe else {}
            self.own = driver.connect(url, autocommit=True, **options)

    def say(self, statement):
        self.own.cursor().execute(statement)

    def ask(self):
        cursor = self.own.cursor()
        cursor.execute("SELECT %s", (1,))
        assert str(cursor.fetchone()[0]) == "1"


class Asyncpg:
    def __init__(self):
        options = {"statement_cache_size": 0} if safe else {}
        self.own = loop.run_until_complete(driver.connect(url, **options))

    def say(self, statement):
        loop.run_until_complete(self.own.execute(statement))

    def ask(self):
        assert loop.run_until_complete(self.own.fetchval("SELECT $1::int", 1)) == 1


def tour():
    kind = Asyncpg if name == "asyncpg" else Synchronous
    one, other = kind(), kind()
    for _ in range(12):
        one.ask()
    for _ in range(3):
        other.say("BEGIN")
        other.ask()
        if several == "yes":
            one.say("BEGIN")
            one.ask()
            one.say("COMMIT")
        other.say("COMMIT")
        one.ask()
    for _ in range(12):
        other.ask()
        one.ask()


try:
    tour()
except Exception as error:
    sys.exit(str(error).strip().splitlines()[0] or type(error).__name__)
"""

TRY_NODE = """\
const [name, setting, file, several] = process.argv.slice(1);
const url = require("fs").readFileSync(file, "utf8").trim();
const safe = setting === "safe";

async function connected() {
  if (name === "postgres") {
    const pool = require(name)(url, { max: 1, ...(safe ? { prepare: false } : {}) });
    const own = await pool.reserve();
    return { say: (text) => own.unsafe(text), ask: () => own`SELECT ${1}::int AS n` };
  }
  const own = new (require(name).Client)(url);
  await own.connect();
  return {
    say: (text) => own.query(text),
    ask: async () => (await own.query("SELECT $1::int AS n", [1])).rows,
  };
}

async function tour() {
  const one = await connected(), other = await connected();
  const asked = async (which) => {
    if ((await which.ask())[0].n !== 1) throw new Error("a wrong answer");
  };
  for (let n = 0; n < 12; n++) await asked(one);
  for (let n = 0; n < 3; n++) {
    await other.say("BEGIN");
    await asked(other);
    if (several === "yes") {
      await one.say("BEGIN");
      await asked(one);
      await one.say("COMMIT");
    }
    await other.say("COMMIT");
    await asked(one);
  }
  for (let n = 0; n < 12; n++) {
    await asked(other);
    await asked(one);
  }
}

tour().then(() => process.exit(0), (error) => {
  console.error(error.message.split("\\n")[0]);
  process.exit(1);
});
"""
