// A job type of Flamenco (https://flamenco.blender.org/usage/job-types/): put this file into the folder `scripts` beside
// the Manager. Its manual is docs/farm.md.
const JOB_TYPE = {
    label: "AvatarTex Textures",
    description: "Texture heads from portraits, as a table says. What is done is never done again.",
    settings: [
        {
            key: "table", type: "string", subtype: "file_path", required: true, visible: "submission",
            description: "JOBS.csv: a row for each texture, on storage that all Workers see",
        },
        {
            key: "rows", type: "string", required: true, default: "1",
            description: "Which rows of the table, as 1-200 or 1-20,35",
        },
        {
            key: "chunk_size", type: "int32", default: 30, propargs: { min: 1, max: 10000 },
            description: "Rows in one task; each task loads the networks once",
        },
        {
            key: "tries", type: "int32", default: 3, propargs: { min: 1, max: 10 },
            description: "How often a row may end its worker before it is left out and reported",
        },
        {
            key: "avatartex", type: "string", default: "avatartex", visible: "hidden",
            description: "The command on the Workers, or a variable of the Manager, as {avatartex}",
        },
    ],
};

function compileJob(job) {
    const settings = job.settings;
    for (let rows of frameChunker(settings.rows, settings.chunk_size)) {
        const task = author.Task("textures-" + rows, "misc");
        task.addCommand(author.Command("exec", {
            exe: settings.avatartex,
            args: ["farm", "task", settings.table, "--rows", rows, "--tries", String(settings.tries)],
        }));
        job.addTask(task);
    }
}
