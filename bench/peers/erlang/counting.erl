%% The application around counting_server: release handling looks for the processes to change in its supervision tree.
-module(counting).
-behaviour(application).
-behaviour(supervisor).

-export([start/2, stop/1, init/1]).

start(_, _) -> supervisor:start_link({local, counting}, ?MODULE, []).
stop(_) -> ok.

init([]) -> {ok, {#{}, [#{id => server, start => {counting_server, start_link, []}, modules => [counting_server]}]}}.
