import RaftEngine

/// The page that shows the cluster, whichever member it was asked of.
enum Page {
    static func html(_ members: [Member]) -> String {
        let places = members.compactMap { member in
            Server.httpPlace(of: member).map {
                "{id:\(member.id),url:\"http://\($0.host):\($0.port)\"}"
            }
        }
        return head + "const members = [" + places.joined(separator: ",") + "];" + script
    }

    private static let head = """
        <!doctype html><html lang="en"><meta charset="utf-8">
        <meta name="viewport" content="width=device-width"><title>Replicated key-value store</title>
        <style>
        :root { color-scheme: light dark; font: 16px/1.4 system-ui, sans-serif }
        body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
        table { border-collapse: collapse; width: 100% }
        div { overflow-x: auto }
        th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid #8886 }
        th:nth-child(-n+3), td:nth-child(-n+3) { text-align: left }
        tr.leader { font-weight: 600 } tr.down { opacity: .4 }
        </style>
        <h1>Replicated key-value store</h1>
        <p id="summary" role="status">…</p>
        <div role="region" aria-label="members" tabindex="0">
        <table><thead><tr><th scope="col">member<th scope="col">state<th scope="col">store
        <th scope="col">term<th scope="col">last<th scope="col">applied<th scope="col">lag
        <th scope="col">snapshot<th scope="col">entries/s<th scope="col">syncs/s
        <th scope="col">keys</tr></thead><tbody id="rows"></tbody></table></div>
        <p>Kill a member: its row fades, another one leads, writes go on. Start it again: the lag
        goes to 0.</p>
        <script>

        """

    private static let script = """

        const seen = {};
        async function ask(member) {
          try {
            const answer = await fetch(member.url + '/status', {signal: AbortSignal.timeout(800)});
            return await answer.json();
          } catch { return null; }
        }
        function rate(id, name, value) {
          const now = performance.now(), key = id + name, old = seen[key];
          seen[key] = {now, value};
          return old && value >= old.value
            ? Math.round((value - old.value) * 1000 / (now - old.now)) : 0;
        }
        async function refresh() {
          const all = await Promise.all(members.map(ask));
          const leader = all.find(s => s && s.state === 'leader');
          const rows = document.getElementById('rows');
          rows.replaceChildren(...all.map((s, n) => {
            const row = document.createElement('tr'), id = members[n].id;
            const cells = s ? [id, s.state, s.backend, s.term, s.last, s.applied,
              leader ? leader.last - s.applied : '–', s.snapshot,
              rate(id, 'entries', s.entries), rate(id, 'syncs', s.syncs), s.keys]
              : [id, 'down', ...Array(9).fill('')];
            row.className = s ? s.state : 'down';
            row.append(...cells.map(text => {
              const cell = document.createElement('td');
              cell.textContent = text;
              return cell;
            }));
            return row;
          }));
          const alive = all.filter(s => s).length;
          document.getElementById('summary').textContent = leader
            ? `Member ${leader.id} leads in term ${leader.term}; ${alive} of ${all.length} are there.`
            : `No leader; ${alive} of ${all.length} are there.`;
          setTimeout(refresh, 500);
        }
        refresh();
        </script></html>
        """
}
