# Plays the programs of the file that it is given and prints what could be observed: for each observation a line of the number of the program, the number of the
# step, who it is about, and what it is, with tabs between. What the words of a program mean is written down in program.ts.
Logger.configure(level: :none)

defmodule Book do
  # Who is who in one program: pids by the names of its actors, and actors by their pids.
  def new, do: :ets.new(:book, [:public])

  # Has a process named, `p1#2` where it is the second of this id, by whoever comes first. Its end is known to the boss from then on.
  def born(%{boss: boss}, id, pid) do
    send(boss, {:born, pid, id, self()})
    receive do: ({:known, ^pid} -> pid)
  end

  # The boss does it: whoever else did might be killed in the midst of it.
  def add(book, id, pid) do
    name = "#{id}##{:ets.update_counter(book, {:count, id}, 1, {{:count, id}, 0})}"
    :ets.insert(book, [{{:pid, id}, pid}, {{:name, pid}, name}])
    name
  end

  def pid(%{book: book}, id), do: get(book, {:pid, id}, nil)
  def pids(%{book: book}), do: for([id, pid] <- :ets.match(book, {{:pid, :"$1"}, :"$2"}), into: %{}, do: {id, pid})
  def name(%{book: book}, pid), do: get(book, {:name, pid}, "someone")
  def busy(%{book: book}, pid, busy), do: :ets.insert(book, {{:busy, pid}, busy})
  def busy?(%{book: book}, pid), do: get(book, {:busy, pid}, false)

  defp get(book, key, default) do
    case :ets.lookup(book, key) do
      [{_, value}] -> value
      [] -> default
    end
  end
end

defmodule Text do
  def reason(:shutdown), do: "shutdown"
  def reason({:shutdown, x}), do: "{shutdown,#{reason(x)}}"
  def reason({%RuntimeError{message: message}, _}), do: "error(#{message})"
  def reason(%RuntimeError{message: message}), do: "error(#{message})"
  def reason({reason, stack}) when is_list(stack), do: reason(reason)
  def reason(atom) when is_atom(atom), do: Atom.to_string(atom)
  def reason(n) when is_integer(n), do: Integer.to_string(n)
  def reason(other), do: inspect(other)

  # The reason why somebody who was called did not answer.
  def call({reason, {GenServer, _, _}}), do: reason(reason)
  def call({reason, {Task, _, _}}), do: reason(reason)
  def call(reason), do: reason(reason)
end

defmodule Actor do
  # A process that does what it is told and leaves in its mailbox what it has not been told to take.
  def start(context, id, options \\ []) do
    Process.put(:context, context)
    Process.put(:id, id)
    Book.born(context, id, self())
    if options[:trap], do: Process.flag(:trap_exit, true)
    idle(context)
  catch
    {:return, value} -> value
  end

  defp idle(context) do
    Book.busy(context, self(), false)
    receive do
      {:do, ops} ->
        Process.put(:pids, Book.pids(context))
        Enum.each(ops, &note(act(&1)))
    end

    idle(context)
  end

  defp context, do: Process.get(:context)
  defp note(nil), do: :ok
  defp note(text), do: send(context().boss, {:note, self(), text})
  # Whoever was of this id when the orders came: one that is started again meanwhile is another.
  defp pid(id), do: Process.get(:pids)[id] || Book.pid(context(), id)
  defp name(pid), do: Book.name(context(), pid)
  defp put(label, what), do: Process.put({:label, label}, what)
  defp get(label), do: Process.get({:label, label})
  defp local(name), do: :"#{name}_#{context().number}"

  # What takes time says so: nothing is quiet before it is over.
  defp timed(fun) do
    send(context().boss, {:timed, 1, self()})
    fun.()
  after
    send(context().boss, {:timed, -1, self()})
  end

  # With a process that there has been, or else nothing.
  defp with_pid(id, fun) do
    case pid(id) do
      nil -> "no #{id}"
      pid -> fun.(pid)
    end
  end

  defp with_label(label, fun) do
    case get(label) do
      nil -> "no #{label}"
      what -> fun.(what)
    end
  end

  # One that had to be killed was stopped, which is null here (docs/coming-from-elixir.md, "Task").
  defp shutdown(task, how) do
    lived = Process.alive?(task.pid)
    with({:exit, :killed} when lived <- Task.shutdown(task, how), do: nil)
  end

  # A task that has been taken, stopped or given up is nobody's any more.
  defp used_up(id, fun) do
    with_label(id, fn {:task, task} ->
      Process.delete({:label, id})
      fun.(task)
    end)
  end

  defp quietly(fun) do
    fun.()
    nil
  end

  # ——— Processes ———

  defp act([:spawn, id, how, trap]) do
    context = context()
    fun = fn -> start(context, id, trap: trap) end

    case how do
      :plain -> spawn(fun)
      :link -> spawn_link(fun)
      label -> spawn_monitor(fun) |> then(fn {pid, ref} -> put(label, {:monitor, ref}); pid end)
    end
    |> then(&Book.born(context, id, &1))

    nil
  end

  defp act([:trap, flag]), do: quietly(fn -> Process.flag(:trap_exit, flag) end)
  defp act([:link, id]), do: with_pid(id, &quietly(fn -> Process.link(&1) end))
  defp act([:unlink, id]), do: with_pid(id, &quietly(fn -> Process.unlink(&1) end))
  defp act([:monitor, id, label]), do: with_pid(id, &quietly(fn -> put(label, {:monitor, Process.monitor(&1)}) end))
  defp act([:monitor_name, name, label]), do: quietly(fn -> put(label, {:monitor, Process.monitor(local(name))}) end)
  defp act([:demonitor, label, flush]) do
    with_label(label, fn {:monitor, ref} -> quietly(fn -> Process.demonitor(ref, if(flush, do: [:flush], else: [])) end) end)
  end

  defp act([:exit, [:raise, message]]), do: raise(Atom.to_string(message))
  defp act([:exit, reason]), do: exit(term(reason))
  defp act([:return, value]), do: throw({:return, value})
  defp act([:signal, id, reason]), do: with_pid(id, &quietly(fn -> Process.exit(&1, term(reason)) end))
  defp act([:send, id, tag]), do: with_pid(id, &quietly(fn -> send(&1, {:msg, self(), tag}) end))
  defp act([:send_after, id, tag, ms, label]), do: with_pid(id, &quietly(fn -> put(label, {:timer, Process.send_after(&1, {:msg, self(), tag}, ms)}) end))
  defp act([:cancel, label]), do: with_label(label, fn {:timer, timer} -> if Process.cancel_timer(timer), do: "cancelled", else: "fired" end)

  defp act([:register, name]) do
    # Once more for the same process is refused there, and here it is not (docs/coming-from-elixir.md, "Process").
    if Process.whereis(local(name)) != self(), do: Process.register(self(), local(name))
    "registered"
  rescue
    _ -> "refused"
  end

  defp act([:unregister, name]) do
    if Process.whereis(local(name)) == self(), do: Process.unregister(local(name))
    nil
  end

  defp act([:whereis, name]), do: "#{name} is #{with(pid when pid != nil <- Process.whereis(local(name)), do: name(pid)) || "nobody"}"

  defp act([:send_name, name, tag]) do
    send(local(name), {:msg, self(), tag})
    nil
  rescue
    _ -> "noproc"
  end

  # ——— Messages ———

  defp act([:recv, pattern, :infinity]), do: took(pattern, :infinity)
  defp act([:recv, pattern, ms]), do: timed(fn -> took(pattern, ms) end)
  defp act([:drain]), do: drain([])

  # ——— Tasks ———

  defp act([:task, id, how]) do
    context = context()
    fun = fn -> start(context, id) end

    task =
      case how do
        :async -> Task.async(fun)
        :sup_async -> Task.Supervisor.async(context.tasks, fun)
        :nolink -> Task.Supervisor.async_nolink(context.tasks, fun)
      end

    Book.born(context, id, task.pid)
    put(id, {:task, task})
    nil
  end

  defp act([:start_child, id, restart]) do
    context = context()
    {:ok, pid} = Task.Supervisor.start_child(context.tasks, fn -> start(context, id) end, restart: restart)
    Book.born(context, id, pid)
    nil
  end

  # One more than there may be is refused.
  defp act([:few, id, how]) do
    context = context()
    fun = fn -> start(context, id) end

    case how do
      :child -> with({:ok, pid} <- Task.Supervisor.start_child(context.few, fun), do: {pid, nil})
      :async -> Task.Supervisor.async(context.few, fun) |> then(&{&1.pid, &1})
      :nolink -> Task.Supervisor.async_nolink(context.few, fun) |> then(&{&1.pid, &1})
    end
    |> case do
      {:error, :max_children} ->
        "max_children"

      {pid, task} ->
        Book.born(context, id, pid)
        if task, do: put(id, {:task, task})
        nil
    end
  rescue
    error in RuntimeError -> if error.message =~ "maximum number of tasks", do: "max_children", else: reraise(error, __STACKTRACE__)
  end

  defp act([:await, id, ms]) do
    used_up(id, fn task ->
      timed(fn ->
        try do
          "ok #{Task.await(task, ms)}"
        catch
          :exit, {:timeout, _} ->
            Task.shutdown(task, 60)
            "exit timeout"

          :exit, reason ->
            "exit #{Text.call(reason)}"
        end
      end)
    end)
  end

  defp act([:yield, id, ms]), do: with_label(id, fn {:task, task} -> timed(fn -> task |> Task.yield(ms) |> tap(&if(&1, do: Process.delete({:label, id}))) |> yielded() end) end)
  defp act([:shutdown, id, how]), do: used_up(id, fn task -> timed(fn -> yielded(shutdown(task, how)) end) end)
  defp act([:ignore, id]), do: used_up(id, fn task -> yielded(Task.ignore(task)) end)

  defp act([:stream, items, how, ordered, concurrency, timeout]) do
    options = [ordered: ordered, max_concurrency: concurrency, timeout: timeout, on_timeout: :kill_task]
    tasks = context().tasks

    stream =
      case how do
        :alone -> Task.async_stream(items, &item/1, options)
        :linked -> Task.Supervisor.async_stream(tasks, items, &item/1, options)
        :nolink -> Task.Supervisor.async_stream_nolink(tasks, items, &item/1, options)
      end

    texts = timed(fn -> for(one <- stream, do: yielded(one)) end)
    "stream #{Enum.join(if(ordered, do: texts, else: Enum.sort(texts)), ", ")}"
  end

  defp act([:run, items, ms]) do
    tasks = context().tasks
    runner = timed(fn -> Runner.run(for(one <- items, do: {tasks, fn -> item(one) end}), ms) end)
    "run #{runner |> Enum.map(&event/1) |> Enum.sort() |> Enum.join(", ")}"
  end

  # ——— Servers ———

  defp act([:server, id, link]) do
    context = context()
    {:ok, pid} = if link, do: GenServer.start_link(Served, {context, id}), else: GenServer.start(Served, {context, id})
    Book.born(context, id, pid)
    nil
  end

  defp act([:call, id, request, ms]) do
    with_pid(id, fn pid ->
      timed(fn ->
        try do
          "ok #{GenServer.call(pid, request, ms)}"
        catch
          :exit, reason -> "exit #{Text.call(reason)}"
        end
      end)
    end)
  end

  defp act([:cast, id, request]), do: with_pid(id, &quietly(fn -> GenServer.cast(&1, request) end))

  defp act([:stop, id, reason]) do
    with_pid(id, fn pid ->
      timed(fn ->
        try do
          GenServer.stop(pid, term(reason), 1_000)
          "stopped"
        catch
          # Whoever wants it to have ended has what they want (docs/coming-from-elixir.md, "GenServer").
          :exit, {:noproc, _} -> "stopped"
          :exit, :noproc -> "stopped"
          :exit, reason -> "exit #{Text.call(reason)}"
        end
      end)
    end)
  end

  # ——— Supervisors ———

  defp act([:supervisor, id, strategy, intensity, children]) do
    context = context()

    specs =
      for [child, restart] <- children do
        %{id: child, restart: restart, shutdown: 5, start: {Kid, :start_link, [context, child]}}
      end

    {:ok, pid} = Supervisor.start_link(specs, strategy: strategy, max_restarts: intensity, max_seconds: 1_000)
    Book.born(context, id, pid)
    nil
  end

  defp act([:dynamic, id, intensity, most]) do
    {:ok, pid} = DynamicSupervisor.start_link(max_restarts: intensity, max_seconds: 1_000, max_children: most)
    Book.born(context(), id, pid)
    nil
  end

  defp act([:start_kid, id, kid, restart]) do
    spec = %{id: kid, restart: restart, shutdown: 5, start: {Kid, :start_link, [context(), kid]}}

    ask(id, fn pid ->
      case DynamicSupervisor.start_child(pid, spec) do
        {:ok, _} -> nil
        {:error, reason} -> Text.reason(reason)
      end
    end)
  end

  defp act([:terminate_kid, id, kid]) do
    ask(id, fn pid ->
      with_pid(kid, fn one ->
        case DynamicSupervisor.terminate_child(pid, one) do
          :ok -> "terminated"
          {:error, reason} -> Text.reason(reason)
        end
      end)
    end)
  end

  defp act([:which, id]) do
    ask(id, fn pid ->
      if String.starts_with?(Atom.to_string(id), "d") do
        children = for {_, who, _, _} <- DynamicSupervisor.which_children(pid), do: name(who)
        "children #{children |> Enum.sort() |> Enum.join(" ")}"
      else
        children = for {child, who, _, _} <- Enum.reverse(Supervisor.which_children(pid)), do: if(is_pid(who), do: name(who), else: "#{child} #{who}")
        "children #{Enum.join(children, " ")}"
      end
    end)
  end

  # Asks a supervisor.
  defp ask(id, fun) do
    with_pid(id, fn pid ->
      timed(fn ->
        try do
          fun.(pid)
        catch
          :exit, reason -> "exit #{Text.call(reason)}"
        end
      end)
    end)
  end

  # What a task of a stream or a run does.
  defp item([:value, n]), do: n
  defp item([:raise, message]), do: raise(Atom.to_string(message))
  defp item([:exit, reason]), do: exit(term(reason))
  defp item([:never]), do: Process.sleep(:infinity)

  defp event({:ok, index, value}), do: "#{index} ok #{value}"
  defp event({:task_error, index, reason}), do: "#{index} error #{Text.reason(reason)}"
  defp event({:timeout, pending}), do: "timeout #{Enum.join(pending, " ")}"

  defp yielded(nil), do: "null"
  defp yielded({:ok, value}), do: "ok #{value}"
  defp yielded({:exit, reason}), do: "exit #{Text.reason(reason)}"

  defp term([:shutdown, x]), do: {:shutdown, x}
  defp term(reason), do: reason

  defp took(pattern, ms) do
    case take(pattern, ms) do
      :nothing -> "nothing"
      message -> text(message)
    end
  end

  defp take([:msg, id], ms) do
    pid = pid(id)
    receive do: ({:msg, ^pid, _} = message -> message), after: (ms -> :nothing)
  end

  defp take([:tag, tag], ms), do: receive(do: ({:msg, _, ^tag} = message -> message), after: (ms -> :nothing))

  defp take([:exit, id], ms) do
    pid = pid(id)
    receive do: ({:EXIT, ^pid, _} = message -> message), after: (ms -> :nothing)
  end

  defp take([:down, label], ms) do
    case get(label) do
      {:monitor, ref} -> receive do: ({:DOWN, ^ref, _, _, _} = message -> message), after: (ms -> :nothing)
      nil -> receive do: (:never -> :nothing), after: (ms -> :nothing)
    end
  end

  defp text({:msg, from, tag}), do: "msg #{name(from)} #{tag}"
  defp text({:EXIT, from, reason}), do: "EXIT #{name(from)} #{Text.reason(reason)}"

  defp text({:DOWN, ref, :process, from, reason}) do
    case label(ref) do
      {label, :monitor} -> "DOWN #{label} #{who(from)} #{Text.reason(reason)}"
      {id, :task} -> "task #{id} exit #{Text.reason(reason)}"
      nil -> "DOWN ? #{who(from)} #{Text.reason(reason)}"
    end
  end

  defp text({ref, value}) when is_reference(ref), do: "task #{with({id, :task} <- label(ref), do: id)} ok #{value}"
  defp text(other), do: inspect(other)

  defp who({name, _}), do: "name #{name |> Atom.to_string() |> String.replace(~r/_\d+$/, "")}"
  defp who(pid), do: name(pid)

  defp label(ref) do
    Enum.find_value(Process.get(), fn
      {{:label, label}, {:monitor, ^ref}} -> {label, :monitor}
      {{:label, id}, {:task, %Task{ref: ^ref}}} -> {id, :task}
      _ -> nil
    end)
  end

  # Of a task that has replied no end is told here (docs/coming-from-elixir.md, "Task", messages).
  defp without_ends(texts), do: Enum.reject(texts, &(String.ends_with?(&1, " exit normal") and Enum.any?(texts, fn text -> String.starts_with?(text, String.replace_suffix(&1, "exit normal", "ok ")) end)))

  defp drain(texts) do
    receive do
      message -> drain([text(message) | texts])
    after
      0 -> "left #{texts |> Enum.reverse() |> without_ends() |> Enum.join("; ")}"
    end
  end
end

defmodule Kid do
  # An actor that is a supervisor's child.
  def start_link(context, id) do
    pid = spawn_link(fn -> Actor.start(context, id) end)
    {:ok, Book.born(context, id, pid)}
  end
end

defmodule Served do
  use GenServer

  @impl true
  def init({context, id}) do
    Book.born(context, id, self())
    {:ok, []}
  end

  @impl true
  def handle_call([:reply, value], _, waiting), do: {:reply, value, waiting}
  def handle_call([:later], from, waiting), do: {:noreply, waiting ++ [from]}
  def handle_call([:raise, message], _, _), do: raise(Atom.to_string(message))
  def handle_call([:exit, reason], _, _), do: exit(reason)
  def handle_call([:stop, reason], _, waiting), do: {:stop, reason, waiting}

  def handle_call([:settle, value], _, waiting) do
    for from <- waiting, do: GenServer.reply(from, value)
    {:reply, length(waiting), []}
  end

  @impl true
  def handle_cast([:reply, _], waiting), do: {:noreply, waiting}
  def handle_cast([:later], waiting), do: {:noreply, waiting}
  def handle_cast([:raise, message], _), do: raise(Atom.to_string(message))
  def handle_cast([:exit, reason], _), do: exit(reason)
  def handle_cast([:stop, reason], waiting), do: {:stop, reason, waiting}

  def handle_cast([:settle, value], waiting) do
    for from <- waiting, do: GenServer.reply(from, value)
    {:noreply, []}
  end

  @impl true
  def handle_info(_, waiting), do: {:noreply, waiting}
end

defmodule Runner do
  # Many tasks under supervisors, their results in the order of arrival, one deadline; a crash is a result like any other.
  def run(specs, ms) do
    tasks = for {{supervisor, fun}, index} <- Enum.with_index(specs), into: %{}, do: {Task.Supervisor.async_nolink(supervisor, fun), index}
    timer = Process.send_after(self(), {:deadline, timer_ref = make_ref()}, ms)
    events = collect(Map.new(tasks, fn {task, index} -> {task.ref, {task, index}} end), timer_ref)
    Process.cancel_timer(timer)
    receive do: ({:deadline, ^timer_ref} -> :ok), after: (0 -> :ok)
    events
  end

  defp collect(pending, _) when map_size(pending) == 0, do: []

  defp collect(pending, timer) do
    receive do
      {:deadline, ^timer} ->
        for {_, {task, _}} <- pending, do: Task.shutdown(task, :brutal_kill)
        [{:timeout, pending |> Map.values() |> Enum.map(&elem(&1, 1)) |> Enum.sort()}]

      {ref, value} when is_map_key(pending, ref) ->
        Process.demonitor(ref, [:flush])
        {{_, index}, pending} = Map.pop(pending, ref)
        [{:ok, index, value} | collect(pending, timer)]

      {:DOWN, ref, _, _, reason} when is_map_key(pending, ref) ->
        {{_, index}, pending} = Map.pop(pending, ref)
        [{:task_error, index, reason} | collect(pending, timer)]
    end
  end
end

defmodule Boss do
  # Plays one program: a step, then whatever comes of it until nothing more does, then the next.
  def play([number, steps]) do
    Process.flag(:trap_exit, true)
    context = %{book: Book.new(), boss: self(), number: number, tasks: nil, few: nil}
    {:ok, tasks} = Task.Supervisor.start_link(max_restarts: 1_000)
    {:ok, few} = Task.Supervisor.start_link(max_children: 2)
    context = %{context | tasks: tasks, few: few}
    state = %{context: context, living: %{}, timed: %{}, step: [], log: []}

    state =
      Enum.reduce([:p1, :p2, :p3], state, fn id, state ->
        spawn(fn -> Actor.start(context, id) end)
        quiet(state)
      end)

    state = Enum.reduce(steps, state, &step/2)
    state = step(for({_, name} <- state.living, do: [name |> String.split("#") |> hd() |> String.to_atom(), [:drain]]), state)
    for {pid, _} <- state.living, do: Process.exit(pid, :kill)
    for pid <- [tasks, few], do: Process.exit(pid, :kill)
    {number, Enum.reverse(state.log)}
  end

  defp step(commands, state) do
    state =
      Enum.reduce(commands, state, fn [id | ops], state ->
        pid = Book.pid(state.context, id)

        cond do
          pid == nil or not is_map_key(state.living, pid) -> write(state, id, "is not there")
          String.starts_with?(Atom.to_string(id), ["d", "g", "s"]) -> state
          Book.busy?(state.context, pid) -> write(state, id, "is busy")
          true ->
            Book.busy(state.context, pid, true)
            send(pid, {:do, ops})
            state
        end
      end)

    state = quiet(state)
    %{state | step: [], log: [Enum.reverse(state.step) | state.log]}
  end

  defp write(state, who, text), do: %{state | step: [{who, text} | state.step]}

  # Everybody waits, and goes on waiting, for longer than a supervisor does for a child that does not stop.
  defp quiet(state, looks \\ 0) do
    {state, news} = listen(state, 1)

    cond do
      news or map_size(state.timed) > 0 or not Enum.all?(Map.keys(state.living), &waits?/1) -> quiet(state, 0)
      looks < 12 -> quiet(state, looks + 1)
      true -> state
    end
  end

  defp waits?(pid) do
    case Process.info(pid, :status) do
      {:status, status} -> status == :waiting
      nil -> false
    end
  end

  defp listen(state, ms) do
    receive do
      message -> {state |> heard(message) |> listen(0) |> elem(0), true}
    after
      ms -> {state, false}
    end
  end

  defp heard(state, {:born, pid, id, from}) do
    state = if Book.name(state.context, pid) == "someone", do: known(state, id, pid), else: state
    send(from, {:known, pid})
    state
  end

  defp heard(state, {:note, pid, text}), do: write(state, Book.name(state.context, pid), text)
  defp heard(state, {:timed, n, pid}), do: %{state | timed: state.timed |> Map.update(pid, n, &(&1 + n)) |> Map.reject(fn {_, count} -> count == 0 end)}

  defp heard(state, {:DOWN, _, :process, pid, reason}) do
    {name, living} = Map.pop(state.living, pid)
    write(%{state | living: living, timed: Map.delete(state.timed, pid)}, name, "ended #{Text.reason(reason)}")
  end

  defp heard(state, _), do: state

  defp known(state, id, pid) do
    Process.monitor(pid)
    put_in(state.living[pid], Book.add(state.context.book, id, pid))
  end
end

# Who waits for a module to be loaded would seem to be quiet.
for app <- [:kernel, :stdlib, :elixir], do: app |> Application.spec(:modules) |> :code.ensure_modules_loaded()

[file, at_once] = System.argv()
{:ok, programs} = :file.consult(file)

programs
|> Task.async_stream(&Boss.play/1, max_concurrency: String.to_integer(at_once), timeout: :infinity, ordered: false)
|> Enum.each(fn {:ok, {number, log}} ->
  lines = for {step, n} <- Enum.with_index(log), {who, text} <- step, do: "#{number}\t#{n}\t#{who}\t#{text}\n"
  IO.write(["#{number}\t#{length(log)}\n" | lines])
end)
