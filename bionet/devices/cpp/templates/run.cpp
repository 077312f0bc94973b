{# All steps of a run: what Brian2's Network::run does, with the objects called by name #}
namespace bionet {
void run_{{network}}(const double duration)
{
    using namespace brian;
    Network& network = brian::{{network}};
    const double start = network.t, end = start + duration;
    BaseClock* clocks[] = { {% for c in clocks %}&{{c}}{{ ", " if not loop.last }}{% endfor %} };
    std::sort(std::begin(clocks), std::end(clocks));  // Brian2's order of those at the same time
    for (BaseClock* clock : clocks) clock->set_interval(start, end);
    const auto began = std::chrono::high_resolution_clock::now();
    Network::_globally_running = true;
    Network::_globally_stopped = false;
    BaseClock* next;
    while (true)
    {
        {% if clocks|length == 1 %}
        next = &{{clocks[0]}};
        {% else %}
        next = clocks[0];
        for (BaseClock* clock : clocks)
            if (clock->t[0] < next->t[0]) next = clock;
        {% endif %}
        if (!next->running() || Network::_globally_stopped) break;
        network.t = next->t[0];
        {% if clocks|length > 1 %}
        {% for c in clocks %}
        const bool at_{{c}} = std::fabs({{c}}.t[0] - network.t) <= 1e-14;
        {% endfor %}
        {% endif %}
        {% for clock, functions in calls %}
        {% if clocks|length > 1 %}
        if (at_{{clock}})
        {% endif %}
        {
            {% for function in functions %}
            {{function}}();
            {% endfor %}
        }
        {% endfor %}
        {% for c in clocks %}
        {{ "if (at_" + c + ") " if clocks|length > 1 }}{{c}}.tick();
        {% endfor %}
    }
    Network::_globally_running = false;
    const auto ended = std::chrono::high_resolution_clock::now();
    network.t = Network::_globally_stopped ? next->t[0] : end;
    Network::_last_run_time = std::chrono::duration<double>(ended - began).count();
    Network::_last_run_completed_fraction = duration > 0 ? (network.t - start) / duration : 1.0;
}
}
