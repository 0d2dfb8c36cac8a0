# Plays the scenarios of the file that it is given, each on a supervision tree of its own, and prints what happened: for each event a line of the number
# of the scenario, the number of the step, the supervisor in whose charge it is, and what it is, with tabs between.
Logger.configure(level: :none)

defmodule Diary do
  # Writes down, for one scenario, what starts and ends. Everything goes through its mailbox, so the order is that in which it happened.
  use GenServer

  def start_link, do: GenServer.start_link(__MODULE__, nil)

  # The number of this attempt at starting `path`.
  def attempt(diary, path), do: GenServer.call(diary, {:attempt, path}, :infinity)
  def note(diary, actor, text), do: GenServer.call(diary, {:note, actor, text}, :infinity)
  # From now on its end is known, though it is written down only when it has come alive.
  def watch(diary, pid), do: GenServer.call(diary, {:watch, pid}, :infinity)
  # `pid` runs as `name`, until its end is written down.
  def alive(diary, pid, name, path, parent, kind, text), do: GenServer.call(diary, {:alive, pid, name, path, parent, kind, text}, :infinity)
  # Its supervisor will not learn of its end, nor it of its supervisor's.
  def unlinked(diary, pid), do: GenServer.call(diary, {:unlinked, pid}, :infinity)
  def name(diary, pid), do: GenServer.call(diary, {:name, pid}, :infinity)
  # The one that was started last, of those at `path` that live.
  def whereis(diary, path), do: GenServer.call(diary, {:whereis, path}, :infinity)
  # The pid of the one that was started last, whether or not it lives.
  def last(diary, path), do: GenServer.call(diary, {:last, path}, :infinity)
  # Those who live though their supervisor does not.
  def orphans(diary), do: GenServer.call(diary, :orphans, :infinity)
  def living(diary), do: GenServer.call(diary, :living, :infinity)
  def take(diary), do: GenServer.call(diary, :take, :infinity)

  @impl true
  def init(_), do: {:ok, %{counts: %{}, events: [], living: %{}, names: %{}, watched: %{}, last: %{}}}

  @impl true
  def handle_call({:attempt, path}, _, state) do
    n = Map.get(state.counts, path, 0) + 1
    {:reply, n, put_in(state.counts[path], n)}
  end

  def handle_call({:note, actor, text}, _, state), do: {:reply, :ok, write(state, actor, text)}

  def handle_call({:alive, pid, name, path, parent, kind, text}, _, state) do
    unless Map.has_key?(state.watched, pid), do: Process.monitor(pid)
    one = %{pid: pid, name: name, path: path, parent: parent, kind: kind, type: if(kind in [:sup, :dyn], do: kind, else: :leaf), order: map_size(state.names)}
    state = write(state, parent, text)
    state = %{state | living: Map.put(state.living, pid, one), names: Map.put(state.names, pid, name), last: Map.put(state.last, path, pid)}
    {:reply, :ok, with({:ended, reason} <- state.watched[pid], do: ended(state, pid, reason), else: (_ -> state))}
  end

  def handle_call({:watch, pid}, _, state) do
    Process.monitor(pid)
    {:reply, :ok, put_in(state.watched[pid], :lives)}
  end

  def handle_call({:unlinked, pid}, _, state), do: {:reply, :ok, put_in(state.living[pid].kind, :deaf)}
  def handle_call({:name, pid}, _, state), do: {:reply, Map.get(state.names, pid), state}

  def handle_call({:whereis, path}, _, state) do
    one = state.living |> Map.values() |> Enum.filter(&(&1.path == path)) |> Enum.max_by(& &1.order, fn -> nil end)
    {:reply, one, state}
  end

  def handle_call({:last, path}, _, state), do: {:reply, state.last[path], state}

  def handle_call(:orphans, _, state) do
    names = for one <- Map.values(state.living), into: MapSet.new(), do: one.name
    {:reply, for(one <- Map.values(state.living), one.parent != "", one.parent not in names, do: one), state}
  end

  def handle_call(:living, _, state), do: {:reply, state.living |> Map.values() |> Enum.sort_by(& &1.order), state}
  def handle_call(:take, _, state), do: {:reply, Enum.reverse(state.events), %{state | events: []}}

  @impl true
  def handle_info({:DOWN, _, :process, pid, reason}, state) do
    {:noreply, if(Map.has_key?(state.living, pid), do: ended(state, pid, reason), else: put_in(state.watched[pid], {:ended, reason}))}
  end

  defp ended(state, pid, reason) do
    {one, living} = Map.pop(state.living, pid)
    write(%{state | living: living}, one.parent, "- #{one.name} #{Text.reason(reason)}")
  end

  defp write(state, actor, text), do: %{state | events: [{actor, text} | state.events]}
end

defmodule Text do
  def path("", id), do: Atom.to_string(id)
  def path(above, id), do: "#{above}/#{id}"

  def reason({:shutdown, {:failed_to_start_child, id, _}}), do: "failed_to_start(#{id})"
  def reason({:shutdown, x}), do: "{shutdown,#{reason(x)}}"
  def reason(atom) when is_atom(atom), do: Atom.to_string(atom)
  def reason(other), do: inspect(other)
end

defmodule Leaf do
  # A child without children. `kind` says what it does about exit signals: plain ones die, polite ones end when their supervisor says so, slow ones a
  # little later, odd ones with a reason of their own, and deaf ones do not listen.
  def start_link(diary, parent_path, spec) do
    {id, kind, starts} = spec
    path = Text.path(parent_path, id)
    parent = Process.get(:name)
    n = Diary.attempt(diary, path)
    name = "#{path}##{n}"

    case Enum.at(starts, n - 1, :ok) do
      good when good in [:ok, :late] ->
        if good == :late, do: Process.sleep(10)
        supervisor = self()
        pid = spawn_link(fn -> run(kind, supervisor) end)
        send(pid, {:ready?, self()})
        receive do: ({:ready, ^pid} -> :ok)
        Diary.alive(diary, pid, name, path, parent, kind, "+ #{name}")
        {:ok, pid}

      # It has ended before its supervisor knows of it.
      stillborn when stillborn in [:boom, :normal] ->
        pid = spawn_link(fn -> receive(do: ({:exit, reason} -> exit(reason))) end)
        ref = Process.monitor(pid)
        Diary.alive(diary, pid, name, path, parent, kind, "+ #{name}")
        send(pid, {:exit, stillborn})
        receive do: ({:DOWN, ^ref, :process, ^pid, _} -> {:ok, pid})

      :ignore ->
        Diary.note(diary, parent, "~ #{name}")
        :ignore

      :fail ->
        Diary.note(diary, parent, "! #{name}")
        {pid, ref} = spawn_monitor(fn -> receive do: (:go -> exit(:boom)) end)
        Process.link(pid)
        send(pid, :go)
        receive do: ({:DOWN, ^ref, :process, ^pid, _} -> {:error, :boom})

      :raise ->
        Diary.note(diary, parent, "! #{name}")
        raise "boom"
    end
  end

  defp run(kind, supervisor) do
    Process.flag(:trap_exit, kind != :plain)
    loop(kind, supervisor)
  end

  defp loop(kind, supervisor) do
    receive do
      {:ready?, from} -> send(from, {:ready, self()}); loop(kind, supervisor)
      {:exit, reason} -> exit(reason)
      :unlink -> Process.unlink(supervisor); loop(kind, supervisor)
      {:EXIT, ^supervisor, reason} when kind == :slow -> Process.sleep(15); exit(reason)
      {:EXIT, ^supervisor, reason} when kind == :polite -> exit(reason)
      {:EXIT, ^supervisor, _} when kind == :odd -> exit(:odd)
      {:EXIT, _, _} -> loop(kind, supervisor)
    end
  end
end

defmodule Gate do
  # A child that does not want to start, and takes its time to say so.
  def pass(whom) do
    send(whom, {:at_gate, self()})
    receive do: (:open -> :ignore)
  end
end

defmodule Branch do
  # A child that is a supervisor, and the root.
  def start_link(diary, parent_path, sup) do
    path = Text.path(parent_path, elem(sup, 1))
    parent = Process.get(:name, "")
    n = Diary.attempt(diary, path)
    name = "#{path}##{n}"

    case Enum.at(starts(sup), n - 1, :ok) do
      :ok ->
        Diary.note(diary, parent, "( #{name}")

        case start(sup, diary, path, name) do
          {:ok, pid} ->
            Diary.alive(diary, pid, name, path, parent, elem(sup, 0), ") #{name}")
            {:ok, pid}

          {:error, reason} ->
            Diary.note(diary, parent, "! #{name} #{Text.reason(reason)}")
            {:error, reason}
        end

      :ignore ->
        Diary.note(diary, parent, "~ #{name}")
        :ignore

      _ ->
        Diary.note(diary, parent, "! #{name}")
        {:error, :boom}
    end
  end

  defp starts({:sup, _, _, _, _, _, starts, _}), do: starts
  defp starts({:dyn, _, _, _, _, starts}), do: starts

  defp start({:sup, _, strategy, intensity, period, auto_shutdown, _, children}, diary, path, name) do
    flags = %{strategy: strategy, intensity: intensity, period: period, auto_shutdown: auto_shutdown}
    :supervisor.start_link(Static, {diary, name, flags, Enum.map(children, &spec(diary, path, &1))})
  end

  defp start({:dyn, _, max_children, intensity, period, _}, _, _, name) do
    DynamicSupervisor.start_link(Dynamic, {name, max_children: max_children, max_restarts: intensity, max_seconds: period, strategy: :one_for_one})
  end

  def spec(diary, path, {:child, restart, shutdown, significant, what}) do
    {id, type, start} =
      case what do
        {:leaf, id, kind, starts} -> {id, :worker, {Leaf, :start_link, [diary, path, {id, kind, starts}]}}
        sup -> {elem(sup, 1), :supervisor, {Branch, :start_link, [diary, path, sup]}}
      end

    %{id: id, start: start, restart: restart, shutdown: shutdown, significant: significant, type: type}
  end
end

defmodule Static do
  def init({diary, name, flags, specs}) do
    Diary.watch(diary, self())
    Process.put(:name, name)
    {:ok, {flags, specs}}
  end
end

defmodule Dynamic do
  def init({name, options}) do
    Process.put(:name, name)
    DynamicSupervisor.init(options)
  end
end

defmodule Scene do
  # Plays one scenario.
  def play({:scenario, number, _, tree, steps}) do
    Process.flag(:trap_exit, true)
    {:ok, diary} = Diary.start_link()

    case Branch.start_link(diary, "", tree) do
      {:ok, root} ->
        scene = %{diary: diary, root: root}
        first = settled(scene)

        # With the time that has passed since the scene began or time was let pass: whether it is short enough.
        {events, {_, quick}} =
          Enum.map_reduce(steps ++ [{:stop, "root", :shutdown}], {Lags.now(), true}, fn step, {since, quick} ->
            quick = quick and Lags.now() - since < 1_000
            events = [{"", "> #{act(scene, step)}"} | settled(scene)]
            if elem(step, 0) == :pass, do: {events, {Lags.now(), quick}}, else: {events, {since, quick and Lags.now() - since < 1_000}}
          end)

        left = for one <- Diary.living(diary), do: {"", "left #{one.name}"}
        for one <- Diary.living(diary), do: Process.exit(one.pid, :kill)
        {number, quick, [first | events] ++ [left]}

      {:error, reason} ->
        await_orphans(diary)
        {number, true, [Diary.take(diary) ++ [{"", "root #{Text.reason(reason)}"}]]}
    end
  end

  defp await_orphans(diary) do
    if Enum.any?(Diary.orphans(diary), &(&1.kind != :deaf)) do
      Process.sleep(1)
      await_orphans(diary)
    end
  end

  # What happened until nothing more will, and how the tree stands then.
  defp settled(scene) do
    state = rest(scene, nil)
    Diary.take(scene.diary) ++ [{"", "= #{state}"}]
  end

  defp rest(scene, before) do
    case {look(scene, scene.root), Enum.any?(Diary.orphans(scene.diary), &(&1.kind != :deaf))} do
      {^before, false} when before != :moving -> before
      {state, false} when state != :moving -> rest(scene, state)
      _ -> Process.sleep(1); rest(scene, nil)
    end
  end

  defp look(scene, pid) do
    if pid == scene.root and not Process.alive?(pid), do: throw(:gone)
    one = Diary.living(scene.diary) |> Enum.find(&(&1.pid == pid)) || throw(:moving)

    children = if one.kind == :sup, do: Enum.reverse(:supervisor.which_children(pid)), else: DynamicSupervisor.which_children(pid)

    texts =
      for {id, child, type, _} <- children do
        cond do
          child == :restarting -> throw(:moving)
          child == :undefined -> "#{id}-"
          type == :supervisor -> look(scene, child) |> still()
          not Process.alive?(child) -> "#{Diary.name(scene.diary, child)}!"
          true -> Diary.name(scene.diary, child)
        end
      end

    texts = if one.kind == :dyn, do: Enum.sort(texts), else: texts
    # OTP does not count as active what has died without telling.
    dead = if one.kind == :sup, do: Enum.count(texts, &String.ends_with?(&1, "!")), else: 0
    "#{one.name}(#{counts(one, dead)})[#{Enum.join(texts, " ")}]"
  catch
    :gone -> "gone"
    :moving -> :moving
    :exit, _ -> :moving
  end

  defp counts(one, dead) do
    [active | others] = all_counts(one)
    Enum.join([active + dead | others], "/")
  end

  defp all_counts(%{kind: kind, pid: pid}) do
    counts = if kind == :sup, do: Map.new(:supervisor.count_children(pid)), else: DynamicSupervisor.count_children(pid)
    Enum.map([:active, :specs, :supervisors, :workers], &counts[&1])
  end

  defp still(:moving), do: throw(:moving)
  defp still(text), do: text

  # ——— Steps ———

  defp act(scene, {:exit, path, reason}) do
    with_one(scene, path, [:leaf], fn one ->
      send(one.pid, {:exit, reason})
      await_end(one.pid)
    end)
  end

  defp act(scene, {:kill, path}) do
    with_one(scene, path, [:leaf, :sup, :dyn], fn one ->
      Process.exit(one.pid, :kill)
      await_end(one.pid)
    end)
  end

  defp act(scene, {:unlink, path}) do
    with_one(scene, path, [:leaf], fn one ->
      send(one.pid, :unlink)
      Diary.unlinked(scene.diary, one.pid)
      await_life(one.pid)
    end)
  end

  # An exit signal of a stranger.
  defp act(scene, {:signal, path, reason}) do
    with_one(scene, path, [:leaf, :sup, :dyn], fn one ->
      spawn(fn -> Process.exit(one.pid, reason) end) |> await_end()
      if one.type == :leaf, do: await_life(one.pid), else: :sent
    end)
  end

  # All of this is in the supervisor's mailbox before it handles any of it: it is kept busy with a child that does not start until then.
  defp act(scene, {:burst, path, acts}) do
    with_one(scene, path, [:sup, :dyn], fn sup ->
      me = self()
      ask(fn -> start(sup, %{id: :gate, start: {Gate, :pass, [me]}, restart: :temporary}) end)

      receive do
        {:at_gate, gate} ->
          answers = Enum.map(acts, &queue(scene, sup, path, &1))
          send(gate, :open)
          receive(do: ({:answer, _, :ignored} -> :ok))
          answers |> Enum.map(&await_answer/1) |> Enum.join(" ")

        {:answer, _, refused} ->
          refused
      end
    end)
  end

  defp act(scene, {:stop, path, reason}) do
    with_one(scene, path, [:sup, :dyn], fn sup -> ask(fn -> :gen_server.stop(sup.pid, reason, :infinity) end) |> await_answer() end)
  end

  # An exit signal of whoever started the root.
  defp act(scene, {:parent_exit, reason}) do
    Process.exit(scene.root, reason)
    :sent
  end

  defp act(scene, {request, path, what}), do: with_one(scene, path, [:sup, :dyn], &(request(scene, &1, path, request, what) |> ask() |> await_answer()))

  defp act(_, {:pass, ms}), do: Process.sleep(ms)

  # ——— Requests ———

  # Not how many are active: OTP does not count what has died though the supervisor has yet to learn of it.
  defp request(_, sup, _, :count, _), do: fn -> all_counts(sup) |> Enum.drop(1) |> Enum.join("/") end

  defp request(_, %{kind: :sup, pid: pid}, _, :which, _) do
    fn ->
      for {id, child, _, _} <- Enum.reverse(:supervisor.which_children(pid)), into: "" do
        "#{id}#{if(child == :restarting, do: "*", else: if(child == :undefined, do: "-", else: "+"))}"
      end
    end
  end

  defp request(scene, sup, path, :start_child, child) do
    spec = Branch.spec(scene.diary, path, child)
    fn -> start(sup, spec) end
  end

  defp request(_, %{kind: :sup, pid: pid}, _, request, id), do: fn -> apply(:supervisor, request, [pid, id]) end

  defp request(scene, %{kind: :dyn, pid: pid}, path, :terminate_child, id) do
    child = Diary.last(scene.diary, Text.path(path, id))
    if child == nil, do: fn -> :nobody end, else: fn -> DynamicSupervisor.terminate_child(pid, child) end
  end

  defp request(_, _, _, _, _), do: fn -> :wrong_type end

  defp start(%{kind: :sup, pid: pid}, spec), do: :supervisor.start_child(pid, spec)
  defp start(%{kind: :dyn, pid: pid}, spec), do: DynamicSupervisor.start_child(pid, spec)

  # Has a process of its own ask, and answers its ref.
  defp ask(fun) do
    me = self()
    ref = make_ref()

    spawn(fn ->
      answer =
        try do
          answer(fun.())
        catch
          :exit, _ -> :down
        end

      send(me, {:answer, ref, answer})
    end)

    ref
  end

  defp await_answer(ref), do: receive(do: ({:answer, ^ref, answer} -> answer))

  # Does something that puts a message into the mailbox of a supervisor that is busy, and answers a ref for what will come of it.
  defp queue(scene, _, path, {act, id}) when act in [:exit, :kill] do
    one = Diary.whereis(scene.diary, Text.path(path, id))

    answer =
      cond do
        one == nil ->
          :nobody

        act == :kill or one.type != :leaf ->
          Process.exit(one.pid, :kill)
          await_end(one.pid)

        true ->
          send(one.pid, {:exit, :normal})
          await_end(one.pid)
      end

    ask(fn -> answer end)
  end

  defp queue(scene, sup, path, {request, what}) do
    {:message_queue_len, before} = Process.info(sup.pid, :message_queue_len)
    fun = request(scene, sup, path, request, what)
    ref = ask(fun)
    await_queue(sup.pid, before, ref, 0)
    ref
  end

  # What is no request after all puts nothing there.
  defp await_queue(pid, before, ref, tries) do
    {:message_queue_len, now} = Process.info(pid, :message_queue_len)

    receive do
      {:answer, ^ref, answer} -> send(self(), {:answer, ref, answer})
    after
      0 ->
        if now == before do
          Process.sleep(if tries < 20, do: 0, else: 1)
          await_queue(pid, before, ref, tries + 1)
        end
    end
  end

  defp answer(atom) when atom in [:ok, :nobody, :wrong_type, :ended], do: atom
  defp answer(text) when is_binary(text), do: text
  defp answer(:ignore), do: :ignored
  defp answer({:ok, :undefined}), do: :ignored
  defp answer({:ok, _}), do: :started
  defp answer({:error, {:already_started, _}}), do: :already_started
  defp answer({:error, reason}) when reason in [:not_found, :running, :restarting, :already_present, :max_children], do: reason
  defp answer({:error, _}), do: :start_failed

  defp with_one(scene, path, types, act) do
    case Diary.whereis(scene.diary, path) do
      nil -> :nobody
      one -> if one.type in types, do: act.(one), else: :wrong_type
    end
  end

  defp await_end(pid) do
    ref = Process.monitor(pid)
    receive do: ({:DOWN, ^ref, _, _, _} -> :ended)
  end

  defp await_life(pid) do
    ref = Process.monitor(pid)
    send(pid, {:ready?, self()})

    receive do
      {:ready, ^pid} -> :lives
      {:DOWN, ^ref, _, _, _} -> :ended
    end
  end
end

defmodule Lags do
  # Notes when this machine was too slow for what depends on time to be judged.
  def start do
    :ets.new(:lags, [:public, :named_table, :ordered_set])
    spawn_link(&watch/0)
  end

  defp watch do
    before = now()
    Process.sleep(10)
    if now() - before > 80, do: :ets.insert(:lags, {before, now()})
    watch()
  end

  def now, do: System.monotonic_time(:millisecond)
  def between?(from, to), do: :ets.tab2list(:lags) |> Enum.any?(fn {start, over} -> start <= to and over >= from end)
end

# Once more, when this machine was too slow: a window of two seconds had passed early, or a short time was hardly longer than none.
play = fn play, scenario, tries ->
  from = Lags.now()
  # A process of its own: what is left in the mailbox is no business of the next.
  {number, quick, steps} = Task.async(fn -> Scene.play(scenario) end) |> Task.await(:infinity)

  late =
    case elem(scenario, 2) do
      :still -> false
      :window -> not quick
      :brief -> Lags.between?(from, Lags.now())
    end

  cond do
    not late -> {number, steps}
    tries > 1 -> play.(play, scenario, tries - 1)
    true -> {number, [[{"", "late"}]]}
  end
end

[file, wide] = System.argv()
{:ok, scenarios} = :file.consult(file)
Lags.start()

scenarios
|> Task.async_stream(&play.(play, &1, 10), max_concurrency: String.to_integer(wide), timeout: :infinity)
|> Enum.each(fn {:ok, {number, steps}} ->
  for {events, step} <- Enum.with_index(steps), {actor, text} <- events, do: IO.puts("#{number}\t#{step}\t#{actor}\t#{text}")
end)
