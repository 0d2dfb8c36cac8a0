defmodule Rounds do
  # Times rounds of the same work after some to warm up, each in a process of its own, and checks what each comes to.
  # Prints nanoseconds a piece, of the median round.
  def time(metric, pieces, sum, rounds, warm_up, work) do
    times =
      for round <- -warm_up..(rounds - 1) do
        {took, got} =
          Task.await(
            Task.async(fn ->
              begin = :erlang.monotonic_time(:nanosecond)
              got = work.()
              {:erlang.monotonic_time(:nanosecond) - begin, got}
            end),
            :infinity
          )

        if got != sum, do: raise("came to #{inspect(got)} instead of #{sum}")
        if round >= 0, do: took / pieces
      end

    sorted = times |> Enum.reject(&is_nil/1) |> Enum.sort()
    IO.puts("#{metric} #{Enum.at(sorted, div(length(sorted), 2))}")
  end
end
